// @ts-check
// Pooling in exact numbers: a value is a fraction of whole numbers. No DOM here.

/** @typedef {{op: string, how: string, n: number, k: number, s: string, p: number, d: number, ceil: boolean, pad: boolean, m: number}} Setting */
/** One window along one axis: the places it reads, and how many of them an average counts.
 * @typedef {{at: number[], size: number}} Window */

/** The step of a window; PyTorch's default is the window itself. @param {Setting} q */
export const stride = (q) => (q.s === "k" ? q.k : Number(q.s));

/** Dilation; average pooling has none. @param {Setting} q */
export const spread = (q) => (q.op === "max" ? q.d : 1);

/** Places from a window's first to its last. @param {Setting} q */
export const span = (q) => spread(q) * (q.k - 1) + 1;

/** Does a window of the rounded-up size start beyond the input and its first padding? @param {Setting} q */
export const drops = (q) => q.ceil && Math.ceil((q.n + 2 * q.p - span(q)) / stride(q)) * stride(q) >= q.n + q.p;

/** Output size along one axis. @param {Setting} q */
export function outSize(q) {
  if (q.how !== "sliding") return q.how === "global" ? 1 : q.m;
  const steps = (q.n + 2 * q.p - span(q)) / stride(q);
  return (q.ceil ? Math.ceil(steps) : Math.floor(steps)) + 1 - Number(drops(q));
}

/** Why the setting has no output; null when it has one. @param {Setting} q @returns {string | null} */
export function verdict(q) {
  if (q.how !== "sliding") return null;
  const half = Math.floor(q.k / 2), room = q.n + 2 * q.p;
  if (q.p > half) return `padding ${q.p} is more than half of the window of ${q.k}: use at most ${half}`;
  if (outSize(q) >= 1) return null;
  const dilated = spread(q) > 1 ? ` with dilation ${q.d}` : "";
  return `window ${q.k}${dilated} spans ${span(q)} places, but the padded input has only ${room}: ` +
    "use a smaller window or a larger input";
}

/** The windows along one axis; rows and columns have the same. @param {Setting} q @returns {Window[]} */
export function windows(q) {
  const m = outSize(q), n = q.n, found = [];
  for (let i = 0; i < m; i++) {
    /** @type {number[]} */ const at = [];
    if (q.how === "sliding") for (let u = 0; u < q.k; u++) at.push(i * stride(q) - q.p + u * spread(q));
    else for (let y = Math.floor((i * n) / m); y < Math.ceil(((i + 1) * n) / m); y++) at.push(y);
    const counted = at.filter((y) => (q.pad ? y < n + q.p : y >= 0 && y < n));
    found.push({ at, size: counted.length });
  }
  return found;
}

/** The cells of the input in one window, in row order. @param {Setting} q @param {Window} down @param {Window} across */
export function members(q, down, across) {
  const real = (/** @type {number} */ y) => y >= 0 && y < q.n;
  return down.at.filter(real).flatMap((y) => across.at.filter(real).map((x) => [y, x]));
}

/** One output: value top/size, and the winner of a maximum: the first of equal ones, in row order.
 * A window without any cell of the input has the maximum -Infinity and no winner.
 * @param {Setting} q @param {number[][]} x @param {Window} down @param {Window} across */
export function pooled(q, x, down, across) {
  const cells = members(q, down, across);
  /** @type {number[] | null} */ let winner = null;
  if (q.op === "average") return { top: cells.reduce((sum, [y, c]) => sum + x[y][c], 0), size: down.size * across.size, winner, ties: 0 };
  let top = -Infinity, ties = 0;
  for (const [y, c] of cells) {
    if (x[y][c] > top) { top = x[y][c]; winner = [y, c]; ties = 0; }
    else if (x[y][c] === top) ties++;
  }
  return { top, size: 1, winner, ties };
}

/** All outputs, row by row, of a setting that has some. @param {Setting} q @param {number[][]} x */
export function run(q, x) {
  const axis = windows(q);
  return axis.flatMap((down) => axis.map((across) => pooled(q, x, down, across)));
}

/** The input moved t places to the right; zeros come in. @param {number[][]} x @param {number} t */
export const moved = (x, t) => x.map((row) => row.map((_, c) => (c < t ? 0 : row[c - t])));
