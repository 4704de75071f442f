// @ts-check
// Convolution over channels in whole numbers, without a DOM. In the tables of numbers a channel takes
// SIDE rows of x; the kernel slice of output o for input c starts at row SIDE·o, column SIDE·c of w.
import { outSize, run, verdict as unfit } from "./ops.js";

/** @typedef {{ci: number, co: number, k: number, g: number, n: number, bias: boolean}} Setting */
export const SIDE = 5;
/** One channel as the operation sees it. @param {Setting} q */
export const plane = ({ n, k }) => ({ n, k, p: 0, s: 1, d: 1 });

/** Why there is no such layer, or null. @param {Setting} q */
export function verdict(q) {
  for (const [name, count] of /** @type {[string, number][]} */ ([["input", q.ci], ["output", q.co]])) {
    if (count % q.g) return `the number of ${name} channels must be divisible by the number of groups: ${count} by ${q.g} is not whole`;
  }
  return unfit(plane(q));
}

/** The input channels that output channel o reads. @param {Setting} q @param {number} o */
export function read({ ci, co, g }, o) {
  const first = Math.floor((o * g) / co) * (ci / g);
  return [...Array(ci / g).keys()].map((c) => first + c);
}

/** Output channel o: the parts of its group, added up, and the bias once.
 * @param {Setting} q @param {number[][]} x @param {number[][]} w @param {number[][]} b @param {number} o */
export function output(q, x, w, b, o) {
  const parts = read(q, o).map((c) => {
    const slice = w.slice(SIDE * o, SIDE * o + q.k).map((row) => row.slice(SIDE * c, SIDE * c + q.k));
    return /** @type {number[]} */ (run(plane(q), x.slice(SIDE * c, SIDE * c + q.n), slice).out);
  });
  return { parts, out: parts[0].map((_, i) => parts.reduce((sum, part) => sum + part[i], q.bias ? b[0][o] : 0)) };
}

/** Weights, parameters and multiplications of this layer, of the dense one, and of depthwise with 1×1. @param {Setting} q */
export function bill(q) {
  const { ci, co, k, g } = q, places = outSize(plane(q)) ** 2;
  const item = (/** @type {number} */ weights, /** @type {number} */ biases) => ({ weights, parameters: weights + (q.bias ? biases : 0), products: weights * places });
  return { layer: item((co * ci * k * k) / g, co), dense: item(co * ci * k * k, co), separable: item(ci * k * k + co * ci, ci + co) };
}
