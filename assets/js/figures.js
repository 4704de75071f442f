// @ts-check
// The two kinds of square grids that most explorers show: whole numbers to read, and maps of many values.
import { number, signed } from "./scale.js";

/** The strongest of some values. @param {number[]} values */
export const peak = (values, least = 0) => values.reduce((a, v) => Math.max(a, Math.abs(v)), least);

/** A square of numbers, shaded from -most to most.
 * @param {string} name @param {any} role @param {string} caption @param {number[]} values @param {number} most @param {object} [more] */
export function numbers(name, role, caption, values, most, more) {
  const rows = Math.sqrt(values.length);
  return { name, role, caption, rows, cols: rows, text: values.map(number), css: values.map((v) => signed(v, most)), ...more };
}

/** A square map without text, about `wide` pixels wide. @param {string} name @param {any} role @param {string} caption
 * @param {number[]} values @param {number} most @param {number} wide @param {object} [more] */
export function map(name, role, caption, values, most, wide, scale = "signed", more = {}) {
  const rows = Math.sqrt(values.length), size = Math.min(24, Math.floor(wide / rows));
  return { name, role, caption, rows, cols: rows, pixels: { size, values, most, scale }, ...more };
}

/** The line of Python that makes values a tensor. @param {string} name @param {number[]} values @param {number[]} shape */
export const tensorOf = (name, values, ...shape) => `${name} = torch.tensor([${values.join(", ")}], dtype=torch.float64).reshape(${shape.join(", ")})`;
