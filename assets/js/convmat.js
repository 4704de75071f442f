// @ts-check
// Convolution and transposed convolution as one matrix, in whole numbers. No DOM here.
import { outSize as shrunk, verdict as shrinks } from "./ops.js";

/** @typedef {{dir: string, n: number, k: number, s: number, p: number, d: number, o: number}} Setting */

/** Output size along one axis. @param {Setting} q */
export const outSize = (q) => (q.dir === "forward" ? shrunk(q)
  : (q.n - 1) * q.s - 2 * q.p + q.d * (q.k - 1) + q.o + 1);

/** Why the setting has no output; null when it has one. @param {Setting} q @returns {string | null} */
export function verdict(q) {
  if (q.dir === "forward") return shrinks(q);
  if (q.o >= Math.max(q.s, q.d)) {
    return `output padding ${q.o} must be smaller than the stride or the dilation, here ${q.s} and ${q.d}`;
  }
  const m = outSize(q);
  if (m >= 1) return null;
  return `padding ${q.p} per side crops everything: the output size would be ${String(m).replace("-", "−")}`;
}

/** Along one axis: output o meets input i with kernel place u. Both directions have the same places.
 * @param {Setting} q */
export function meetings(q) {
  const m = outSize(q), forward = q.dir === "forward", steps = forward ? m : q.n, room = forward ? q.n : m, found = [];
  for (let step = 0; step < steps; step++) {
    for (let u = 0; u < q.k; u++) {
      const place = step * q.s + u * q.d - q.p;
      if (place >= 0 && place < room) found.push(forward ? { o: step, i: place, u } : { o: place, i: step, u });
    }
  }
  return found;
}

/** The entries that hold a weight: row r (an output), column c (an input), kernel place u, v. @param {Setting} q */
export function entries(q) {
  const axis = meetings(q), m = outSize(q), found = [];
  for (const a of axis) for (const b of axis) found.push({ r: a.o * m + b.o, c: a.i * q.n + b.i, u: a.u, v: b.u });
  return found;
}

/** The matrix, row by row; null where no weight stands. @param {Setting} q @param {number[][]} w */
export function matrix(q, w) {
  const cols = q.n * q.n, rows = outSize(q) ** 2;
  /** @type {(number | null)[]} */ const found = new Array(rows * cols).fill(null);
  for (const { r, c, u, v } of entries(q)) found[r * cols + c] = w[u][v];
  return found;
}

/** The output after the first t inputs have stamped the kernel; all of them give the whole output.
 * @param {Setting} q @param {number[][]} x @param {number[][]} w @param {number} [t] */
export function stamped(q, x, w, t = Infinity) {
  const out = new Array(outSize(q) ** 2).fill(0);
  for (const { r, c, u, v } of entries(q)) if (c < t) out[r] += x[Math.floor(c / q.n)][c % q.n] * w[u][v];
  return out;
}

/** How many inputs meet each output. @param {Setting} q */
export function overlaps(q) {
  const counts = new Array(outSize(q) ** 2).fill(0);
  for (const { r } of entries(q)) counts[r]++;
  return counts;
}
