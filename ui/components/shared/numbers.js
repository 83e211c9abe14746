// Writes numbers for people, as nnlib/numerals.py does.

export const NOTHING = "–"; // for what is not known or not finite
export const EXACT = 17; // significant digits that tell a number from all others
const NOT_FINITE = { inf: "∞", "-inf": "−∞", nan: "NaN" }; // as the stepper's traces have it

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

// A power of ten by its exponent: -4 -> "1e-4"
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

// What was set or is exact, with at most so many digits: 0.1 -> "0.1", 0.00001 -> "1e-5"
export function plain(value, digits = 6) {
    if (!isNumber(value)) {
        return NOT_FINITE[value] ?? NOTHING;
    }
    const exact = (Number.isInteger(value) && Math.abs(value) < 1e7) || digits >= EXACT;
    const rounded = exact ? value : Number(value.toPrecision(digits));
    const size = Math.abs(rounded);
    return signed(size === 0 || (size >= 1e-4 && size < 1e7) ? String(rounded) : rounded.toExponential());
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
