// @ts-check
// Convolution and transposed convolution as one matrix, in whole numbers. No DOM here.
import { outSize as shrunk, verdict as shrinks } from "./ops.js";

/** @typedef {{dir: string, n: number, k: number, s: number, p: number, d: number, o: number}} Setting */

/** @param {Setting} q */
export const forward = (q) => q.dir === "forward";

/** Output size along one axis. @param {Setting} q */
export const outSize = (q) => (forward(q) ? shrunk(q) : (q.n - 1) * q.s - 2 * q.p + q.d * (q.k - 1) + q.o + 1);

/** Why the setting has no output; null when it has one. @param {Setting} q @returns {string | null} */
export function verdict(q) {
  if (forward(q)) return shrinks(q);
  if (q.o >= Math.max(q.s, q.d)) return `output padding ${q.o} must be smaller than stride ${q.s} or dilation ${q.d}`;
  return outSize(q) >= 1 ? null : `padding ${q.p} per side crops everything: the output size would be ${outSize(q)}`.replace("-", "−");
}

/** The entries of the matrix that hold a weight: row r is an output, column c an input, (u, v) the weight's place.
 * Both directions lay the kernel on the same places; they differ in what is input. Row by row. @param {Setting} q */
export function entries(q) {
  const m = outSize(q), there = forward(q), room = there ? q.n : m, found = [];
  /** @type {number[][][]} the inputs of each output along one axis, with the place of their weight */
  const axis = Array.from({ length: m }, () => []);
  for (let step = 0; step < (there ? m : q.n); step++) {
    for (let u = 0; u < q.k; u++) {
      const place = step * q.s + u * q.d - q.p;
      if (place >= 0 && place < room) axis[there ? step : place].push(there ? [place, u] : [step, u]);
    }
  }
  for (let r = 0; r < m * m; r++) {
    for (const [i, u] of axis[Math.floor(r / m)]) for (const [j, v] of axis[r % m]) found.push({ r, c: i * q.n + j, u, v });
  }
  return found;
}

/** The matrix, row by row; null where no weight stands. @param {Setting} q @param {number[][]} w */
export function matrix(q, w) {
  const cols = q.n * q.n, rows = outSize(q) ** 2;
  /** @type {(number | null)[]} */ const found = new Array(rows * cols).fill(null);
  for (const { r, c, u, v } of entries(q)) found[r * cols + c] = w[u][v];
  return found;
}

/** The matrix with weights w(u, v) times the inputs x(c). @param {Setting} q @param {(c: number) => number} x @param {(u: number, v: number) => number} w */
function product(q, x, w) {
  const out = new Array(outSize(q) ** 2).fill(0);
  for (const { r, c, u, v } of entries(q)) out[r] += x(c) * w(u, v);
  return out;
}

/** The output after the first t inputs have stamped the kernel; all of them give the whole output.
 * @param {Setting} q @param {number[][]} x @param {number[][]} w @param {number} [t] */
export const stamped = (q, x, w, t = Infinity) => product(q, (c) => (c < t ? x[Math.floor(c / q.n)][c % q.n] : 0), (u, v) => w[u][v]);

/** How many inputs meet in each output. @param {Setting} q */
export const overlaps = (q) => product(q, () => 1, () => 1);
