// Small helpers of the contour picture: an arrow's path, and a colour's parts.

const LENGTH = 34; // px: arrows show the direction, bars how much
const WING = { length: 9, angle: 0.45 }; // px, radians

// The path of an arrow from (x, y) in the direction (across, down), all in px.
export function arrowPath(x, y, across, down) {
    const angle = Math.atan2(down, across);
    const from = (px, py, length, at) => `${(px + length * Math.cos(at)).toFixed(1)} ${(py + length * Math.sin(at)).toFixed(1)}`;
    const [tipX, tipY] = [x + LENGTH * Math.cos(angle), y + LENGTH * Math.sin(angle)];
    const wing = (side) => from(tipX, tipY, -WING.length, angle + side * WING.angle);
    const tip = from(tipX, tipY, 0, 0);
    return `M${x} ${y}L${tip}M${wing(1)}L${tip}L${wing(-1)}`;
}

// "#rrggbb" -> [red, green, blue]
export function rgb(colour) {
    const text = colour.trim();
    return [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));
}
