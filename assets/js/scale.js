// Shades: classes of explorers.css, never colours of their own.

/** How strong a signed value is shaded: −20 to 20 over the range −most to most, halves away from zero. @param {number} value @param {number} most */
export function step(value, most) {
  const strength = most ? Math.floor((40 * Math.abs(value) + most) / (2 * most)) : 0;
  return value < 0 ? -strength : strength;
}
/** @param {number} strength */
export const shade = (strength) => `q${strength < 0 ? "n" : ""}${Math.abs(strength)}`;
/** Class of a signed value; compared grids have the same range. @param {number} value @param {number} most */
export const signed = (value, most) => shade(step(value, most));

/** Class of a count from 0 to most. @type {(count: number, most: number) => string} */
export const counted = (count, most) => `c${Math.ceil((10 * count) / most)}`;

/** A whole number with a real minus sign. @type {(value: number | string) => string} */
export const number = (value) => String(value).replace("-", "−");

/** A factor: negative numbers stand in brackets. @type {(value: number) => string} */
export const factor = (value) => (value < 0 ? `(${number(value)})` : String(value));

/** Whole numbers in words: "1, 2 and 5". @param {number[]} places */
export function listed(places) {
  const words = places.map(number);
  return words.length === 1 ? words[0] : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** A result that need not be whole: at most four decimals; large ones as 1.234e7. @param {number} value */
export function shown(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : number(value).replace("Infinity", "∞");
  if (Math.abs(value) >= 1e6) return number(value.toExponential(3).replace("e+", "e"));
  const text = value.toFixed(4).replace(/\.?0+$/, "");
  return text === "-0" ? "0" : number(text);
}

/** A result in little room: so many decimals below 10, one less for each digit more, then an exponent. */
export function brief(value, places) {
  const digits = String(Math.trunc(Math.abs(value))).length - 1;
  if (digits > places + 1) return number(value.toExponential(places - 1).replace("e+", "e"));
  const text = value.toFixed(Math.max(0, places - digits));
  return /^-?0(\.0*)?$/.test(text) ? "0" : number(text.includes(".") ? text.replace(/\.?0+$/, "") : text);
}

/** A whole number with commas: 614,656. */
export const thousands = (value) => number(value).replace(/\B(?=(\d{3})+$)/g, ",");

/** For a screen reader, which may skip the sign. @type {(value: number | string) => string} */
export const spoken = (value) => String(value).replace(/^[-−]/, "minus ");
