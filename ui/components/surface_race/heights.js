// Paints the contour picture: bands of equal height, paler the higher, with a line between two bands.

import { shorts } from "./tracks.js";

const LINE = 1.1; // px

// The surface's heights, 0 to 1, on a square grid, the lowest y first.
export class Heights {
    constructor(surface) {
        this.surface = surface;
        this.grid = surface.grid;
        this.values = Float32Array.from(shorts(surface.heights), (value) => value / 65535);
    }

    // The loss at x and y, between the grid's points as bilinear interpolation has it.
    loss(x, y) {
        const [x0, x1, y0, y1] = this.surface.extent;
        const last = this.grid - 1;
        const across = Math.max(0, Math.min(last, (last * (x - x0)) / (x1 - x0)));
        const up = Math.max(0, Math.min(last, (last * (y - y0)) / (y1 - y0)));
        const [i, j] = [Math.min(last - 1, Math.floor(across)), Math.min(last - 1, Math.floor(up))];
        const at = (row, column) => this.values[row * this.grid + column];
        const [u, v] = [across - i, up - j];
        const height = (1 - v) * ((1 - u) * at(j, i) + u * at(j, i + 1)) + v * ((1 - u) * at(j + 1, i) + u * at(j + 1, i + 1));
        return this.surface.lowest + this.surface.unit * Math.expm1(height * this.surface.top);
    }

    // Paint into a canvas of its own size; `low`, `high` and `line` are [red, green, blue].
    paint(canvas, { low, high, line }) {
        const { width, height } = canvas;
        const context = canvas.getContext("2d");
        const image = context.createImageData(width, height);
        const count = this.surface.bands;
        const bands = this.resampled(width, height).map((share) => share * count);
        for (let row = 0, pixel = 0; row < height; row += 1) {
            const below = row + 1 < height ? width : -width;
            for (let column = 0; column < width; column += 1, pixel += 1) {
                const here = bands[pixel];
                const slope = Math.hypot(bands[pixel + (column + 1 < width ? 1 : -1)] - here, bands[pixel + below] - here);
                const edge = Math.round(here);
                const distance = edge > 0 ? Math.abs(here - edge) / (slope + 1e-9) : Infinity; // px to the nearest line
                const ink = Math.max(0, Math.min(1, LINE + 0.5 - distance));
                const share = Math.min(1, Math.max(0, Math.floor(here)) / (count - 1));
                for (let c = 0; c < 3; c += 1) {
                    const band = low[c] + share * (high[c] - low[c]);
                    image.data[4 * pixel + c] = band + ink * (line[c] - band);
                }
                image.data[4 * pixel + 3] = 255;
            }
        }
        context.putImageData(image, 0, 0);
    }

    // The heights at every pixel, the highest y first: cubic curves through the grid's points, along x, then along y.
    resampled(width, height) {
        const wide = new Float32Array(this.grid * width);
        const across = weights(width, this.grid);
        for (let row = 0; row < this.grid; row += 1) {
            across.forEach(([at, w], column) => {
                wide[row * width + column] = w.reduce((sum, part, k) => sum + part * this.values[row * this.grid + at[k]], 0);
            });
        }
        const all = new Float32Array(width * height);
        weights(height, this.grid).forEach(([at, w], row) => {
            const start = (height - 1 - row) * width;
            for (let column = 0; column < width; column += 1) {
                all[start + column] = w[0] * wide[at[0] * width + column] + w[1] * wide[at[1] * width + column]
                    + w[2] * wide[at[2] * width + column] + w[3] * wide[at[3] * width + column];
            }
        });
        return all;
    }
}

// For each of `count` pixels the four grid points around it and their weights (Catmull and Rom).
function weights(count, grid) {
    return Array.from({ length: count }, (_, pixel) => {
        const place = ((grid - 1) * pixel) / Math.max(1, count - 1);
        const left = Math.min(grid - 2, Math.floor(place));
        const t = place - left;
        const at = [left - 1, left, left + 1, left + 2].map((i) => Math.max(0, Math.min(grid - 1, i)));
        const w = [
            (-t + 2 * t * t - t ** 3) / 2,
            (2 - 5 * t * t + 3 * t ** 3) / 2,
            (t + 4 * t * t - 3 * t ** 3) / 2,
            (t ** 3 - t * t) / 2,
        ];
        return [at, w];
    });
}
