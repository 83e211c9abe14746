// Writes numbers for people and finds round values for axes.

const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

export const NOTHING = "–";

export function isNumber(value) {
    return typeof value === "number" && Number.isFinite(value);
}

// 12345 -> "12,345"
export function whole(value) {
    return isNumber(value) ? WHOLE.format(value) : NOTHING;
}

// A power of ten: -4 -> "10⁻⁴"
export function powerOfTen(exponent) {
    const digits = [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPT[digit]).join("");
    return `10${exponent < 0 ? "⁻" : ""}${digits}`;
}

// `digits` significant digits, powers of ten where plain digits would be long: 0.0000312 -> "3.1·10⁻⁵"
export function short(value, digits = 3) {
    if (!isNumber(value)) {
        return NOTHING;
    }
    const size = Math.abs(value);
    if (size === 0) {
        return "0";
    }
    if (size >= 1e-3 && size < 1e5) {
        return minus(size >= 10 ** digits ? WHOLE.format(value) : value.toPrecision(digits));
    }
    return scientific(value);
}

// 0.00063 -> "6.3·10⁻⁴"
export function scientific(value) {
    if (value === 0) {
        return "0";
    }
    const [mantissa, exponent] = value.toExponential(1).split("e");
    return minus(`${mantissa}·${powerOfTen(Number(exponent))}`);
}

// 0.8715 -> "87.2 %"
export function percent(value, decimals = 1) {
    return isNumber(value) ? `${(100 * value).toFixed(decimals)} %` : NOTHING;
}

function minus(string) {
    return string.replace(/^-/, "−");
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
        return minus(mantissa === 1 ? powerOfTen(exponent) : `${mantissa}·${powerOfTen(exponent)}`);
    }
    return minus(size >= 1000 ? WHOLE.format(value) : String(value));
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
