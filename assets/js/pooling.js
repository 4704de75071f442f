// @ts-check
// Pooling in exact numbers: a value is a fraction of whole numbers. No DOM here.

/** @typedef {{op: string, how: string, n: number, k: number, s: string, p: number, d: number, ceil: boolean, pad: boolean, m: number}} Setting */
/** One window along one axis: the places it reads, and those of them that an average counts.
 * @typedef {{at: number[], counted: number[]}} Window */

/** The step of a window; PyTorch's default is the window itself. @param {Setting} q */
export const stride = (q) => Number(q.s) || q.k;

/** Padding that there is: an adaptive pooling has none. @param {Setting} q */
export const edge = (q) => (q.how === "sliding" ? q.p : 0);

/** Dilation that there is: average pooling has none. @param {Setting} q */
const spread = (q) => (q.op === "max" ? q.d : 1);

/** Places from a window's first to its last. @param {Setting} q */
const span = (q) => spread(q) * (q.k - 1) + 1;

/** Output size along one axis before a window that starts outside is dropped. @param {Setting} q */
const rounded = (q) => Math[q.ceil ? "ceil" : "floor"]((q.n + 2 * q.p - span(q)) / stride(q)) + 1;

/** Would the last window start beyond the input and the padding before it? @param {Setting} q */
export const drops = (q) => q.how === "sliding" && q.ceil && (rounded(q) - 1) * stride(q) >= q.n + q.p;

/** Output size along one axis. @param {Setting} q */
export const outSize = (q) => (q.how === "sliding" ? rounded(q) - Number(drops(q)) : q.how === "global" ? 1 : q.m);

/** Why the setting has no output; null when it has one. @param {Setting} q @returns {string | null} */
export function verdict(q) {
  const half = Math.floor(q.k / 2);
  if (edge(q) > half) return `padding ${q.p} is more than half of window ${q.k}: use at most ${half}`;
  return outSize(q) >= 1 ? null : `the window spans ${span(q)} places, but the padded input has only ${q.n + 2 * q.p}: use a smaller window`;
}

/** The windows along one axis; rows and columns have the same. @param {Setting} q @returns {Window[]} */
export function windows(q) {
  const m = outSize(q), n = q.n, sliding = q.how === "sliding";
  return Array.from({ length: m }, (_, i) => {
    const first = sliding ? i * stride(q) - q.p : Math.floor((i * n) / m);
    const many = sliding ? q.k : Math.ceil(((i + 1) * n) / m) - first;
    const at = Array.from({ length: many }, (_, u) => first + u * (sliding ? spread(q) : 1));
    return { at, counted: at.filter((y) => (q.pad ? y < n + q.p : y >= 0 && y < n)) };
  });
}

/** The cells of the input among rows and columns, in row order. @param {Setting} q @param {number[]} rows @param {number[]} cols */
export function members(q, rows, cols) {
  const real = (/** @type {number} */ y) => y >= 0 && y < q.n, across = cols.filter(real);
  return rows.filter(real).flatMap((y) => across.map((x) => [y, x]));
}

/** One output, top / size. The first of equal cells in row order wins; a window of padding alone has
 * the maximum -Infinity and no winner. @param {Setting} q @param {number[][]} x @param {Window} down @param {Window} across */
export function pooled(q, x, down, across) {
  const cells = members(q, down.at, across.at), values = cells.map(([y, c]) => x[y][c]), top = Math.max(...values);
  if (q.op === "max") return { top, size: 1, winner: cells[values.indexOf(top)], ties: values.filter((v) => v === top).length };
  return { top: values.reduce((a, v) => a + v, 0), size: down.counted.length * across.counted.length, ties: 1 };
}

/** All outputs, row by row, of a setting that has some. @param {Setting} q @param {number[][]} x */
export const run = (q, x, axis = windows(q)) => axis.flatMap((down) => axis.map((across) => pooled(q, x, down, across)));

/** The input moved t places to the right; zeros come in. @param {number[][]} x @param {number} t */
export const moved = (x, t) => x.map((row) => row.map((_, c) => row[c - t] ?? 0));
