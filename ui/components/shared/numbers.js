// Writes numbers for people and finds round values for axes.

export const NOTHING = "–";

export function isNumber(value) {
    return typeof value === "number" && Number.isFinite(value);
}

// 12345 -> "12,345"
export function whole(value) {
    return fixed(value, 0);
}

// So many decimals: -0.126 -> "−0.13"
export function fixed(value, decimals) {
    return isNumber(value) ? signed(value.toFixed(decimals).replace(/\d+/, grouped)) : NOTHING;
}

// A power of ten: -4 -> "1e-4"
export function powerOfTen(exponent) {
    return `1e${exponent}`;
}

// What was measured, with `digits` significant digits: 2.3 -> "2.30", 12345.6 -> "12,346", 0.0000312 -> "3.1e-5"
export function short(value, digits = 3) {
    if (!isNumber(value)) {
        return NOTHING;
    }
    const size = Math.abs(value);
    if (size >= 1e-3 && size < 1e5) {
        return size >= 10 ** digits - 0.5 ? whole(value) : signed(value.toPrecision(digits));
    }
    return scientific(value, Math.min(digits, 2));
}

// What was set or is exact, with at most `digits` digits: 0.1 -> "0.1", 0.00001 -> "1e-5"; 17 write all there are
export function plain(value, digits = 6) {
    if (!isNumber(value)) {
        return NOTHING;
    }
    const exact = Number.isInteger(value) && Math.abs(value) < 1e7;
    const rounded = exact ? value : Number(value.toPrecision(Math.min(digits, 17)));
    const size = Math.abs(rounded);
    return signed(exact || (size >= 1e-4 && size < 1e7) ? String(rounded) : rounded.toExponential());
}

// A size that may be any: 0.00063 -> "6.3e-4"
export function scientific(value, digits = 2) {
    return isNumber(value) ? signed(value === 0 ? "0" : value.toExponential(digits - 1)) : NOTHING;
}

// A share of 1: 0.8715 -> "87.2 %"
export function percent(value, decimals = 1) {
    return isNumber(value) ? `${fixed(100 * value, decimals)} %` : NOTHING;
}

function grouped(digits) {
    return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

// With a minus as wide as a plus, none before what is zero, and no plus before an exponent
function signed(string) {
    return string.replace(/^-(?=.*[1-9])/, "−").replace(/^-/, "").replace("e+", "e");
}

// The smallest of 1, 2, 5, 10, 20, ... that is not below `value`.
export function roundUp(value) {
    const power = 10 ** Math.floor(Math.log10(value));
    return power * [1, 2, 5, 10].find((factor) => factor * power >= value * (1 - 1e-9));
}

// About `about` round values from `low` to `high`, both ends included if they are round.
export function ticks(low, high, about) {
    const step = roundUp((high - low) / Math.max(1, about));
    const first = Math.ceil(low / step - 1e-9);
    const last = Math.floor(high / step + 1e-9);
    const count = Math.max(0, last - first + 1);
    return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// Powers of ten from `low` to `high`, at most about `count` of them.
export function logTicks(low, high, count) {
    const first = Math.ceil(Math.log10(low) - 1e-9);
    const last = Math.floor(Math.log10(high) + 1e-9);
    const stride = Math.max(1, Math.ceil((last - first) / Math.max(1, count)));
    const exponents = [];
    for (let exponent = last; exponent >= first; exponent -= stride) {
        exponents.unshift(exponent);
    }
    return exponents.map((exponent) => 10 ** exponent);
}

// A tick's label: whole numbers grouped, fractions as short as they are exact.
export function tickLabel(value) {
    const size = Math.abs(value);
    if (size !== 0 && (size >= 1e6 || size < 1e-3)) {
        const exponent = Math.floor(Math.log10(size) + 1e-9);
        const mantissa = Number((value / 10 ** exponent).toPrecision(3));
        return signed(`${mantissa}e${exponent}`);
    }
    return size >= 1000 ? whole(value) : signed(String(value));
}

// The index of the entry of the ascending array `xs` nearest to `x`, -1 if it is empty.
export function nearest(xs, x) {
    let low = 0;
    let high = xs.length - 1;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (xs[middle] < x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && x - xs[low - 1] <= xs[low] - x ? low - 1 : Math.min(low, xs.length - 1);
}
