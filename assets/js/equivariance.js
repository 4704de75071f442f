// @ts-check
// One picture, three kinds of layer, a move: does the answer move along? Whole numbers (averages are quarters), no DOM.

/**
 * @typedef {object} Setting
 * @property {number} n       image size
 * @property {number} k       kernel size
 * @property {string} layer   dense, local or shared
 * @property {number} down    rows of the move
 * @property {number} right   columns of the move
 * @property {number} s       stride
 * @property {string} mode    zeros or circular
 * @property {string} pool    none, max or average
 * @typedef {{rows: number, values: number[]}} Square
 */
const SOURCE = 28, TABLE = 7;

/** The row (or column) of the stored picture that row r of an n×n image shows. */
export const source = (/** @type {number} */ n, /** @type {number} */ r) => Math.floor(((2 * r + 1) * SOURCE) / (2 * n));
/** Places in front of the middle of a kernel; an even kernel has one more behind. */
export const before = (/** @type {number} */ k) => (k - 1) >> 1;
/** Units along an axis; then output places, after pooling; then pixels from one output place to the next. */
export const units = (/** @type {Setting} */ { n, s }) => Math.floor((n - 1) / s) + 1;
export const places = (/** @type {Setting} */ q) => (q.pool === "none" ? units(q) : units(q) >> 1);
export const pitch = (/** @type {Setting} */ q) => (q.pool === "none" ? q.s : 2 * q.s);

/** The image: the stored picture at n×n pixels. @param {Setting} q @param {number[][]} x @returns {Square} */
export function image({ n }, x) {
  const values = [];
  for (let r = 0; r < n; r++) for (let c = 0; c < n; c++) values.push(x[source(n, r)][source(n, c)]);
  return { rows: n, values };
}

/** The same square moved; what leaves comes back at the other side, or is lost and zeros follow.
 * @param {Square} from @param {number} down @param {number} right @param {boolean} around @returns {Square} */
export function move({ rows, values }, down, right, around) {
  return {
    rows, values: values.map((_, i) => {
      let r = Math.floor(i / rows) - down, c = (i % rows) - right;
      if (around) { r = wrap(r, rows); c = wrap(c, rows); }
      return r >= 0 && c >= 0 && r < rows && c < rows ? values[r * rows + c] : 0;
    }),
  };
}
const wrap = (/** @type {number} */ place, /** @type {number} */ size) => ((place % size) + size) % size;

/** The connections of unit (i, j): pixel (y, x) and its weight. One table holds the weights of all kinds: units with
 * weights of their own begin to read it elsewhere. Reading beyond the border meets a zero, so nothing is listed.
 * @param {Setting} q @param {number[][]} w @param {number} i @param {number} j */
export function connections(q, w, i, j) {
  const { n, k, s } = q, dense = q.layer === "dense", own = q.layer === "local" ? 1 : 0, side = dense ? n : k, found = [];
  for (let u = 0; u < side; u++) {
    for (let v = 0; v < side; v++) {
      let y = dense ? u : i * s + u - before(k), x = dense ? v : j * s + v - before(k);
      if (q.mode === "circular") { y = wrap(y, n); x = wrap(x, n); }
      if (y < 0 || x < 0 || y >= n || x >= n) continue;
      const a = dense ? u + 3 * i + j : u + own * i, b = dense ? v + i + 3 * j : v + own * j;
      found.push({ y, x, weight: w[a % TABLE][b % TABLE] });
    }
  }
  return found;
}

/** The answer of the layer, pooled. @param {Setting} q @param {Square} from @param {number[][]} w @returns {Square} */
export function answer(q, { values }, w) {
  const m = units(q), out = [], known = new Map();
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      // dense units repeat when both places where they begin to read the table do
      const key = q.layer === "dense" ? `${(3 * i + j) % TABLE} ${(i + 3 * j) % TABLE}` : i * m + j;
      if (!known.has(key)) {
        let sum = 0;
        for (const { y, x, weight } of connections(q, w, i, j)) sum += values[y * q.n + x] * weight;
        known.set(key, sum);
      }
      out.push(known.get(key));
    }
  }
  return q.pool === "none" ? { rows: m, values: out } : pooled({ rows: m, values: out }, q.pool === "max");
}

/** @param {Square} from @param {boolean} max @returns {Square} */
function pooled({ rows, values }, max) {
  const half = rows >> 1, out = [];
  for (let i = 0; i < half; i++) {
    for (let j = 0; j < half; j++) {
      const at = 2 * i * rows + 2 * j, four = [values[at], values[at + 1], values[at + rows], values[at + rows + 1]];
      out.push(max ? Math.max(...four) : (four[0] + four[1] + four[2] + four[3]) / 4);
    }
  }
  return { rows: half, values: out };
}

/** Move then layer, layer then move, and their difference. A move that is no multiple of the pitch is cut
 * to whole output places, towards zero. @param {Setting} q @param {number[][]} x @param {number[][]} w */
export function orders(q, x, w) {
  const around = q.mode === "circular", step = pitch(q), picture = image(q, x), moved = move(picture, q.down, q.right, around);
  const first = answer(q, moved, w), still = answer(q, picture, w);
  const down = Math.trunc(q.down / step), right = Math.trunc(q.right / step), second = move(still, down, right, around);
  return { picture, moved, first, second, down, right, gaps: first.values.map((value, i) => value - second.values[i]) };
}

/** Is the move a whole number of output places? @param {Setting} q */
export const whole = (q) => q.down % pitch(q) === 0 && q.right % pitch(q) === 0;

/** Along one axis: output places whose windows, moved and unmoved, stay inside the image. @param {Setting} q @param {number} by */
export function safe(q, by) {
  const found = [], last = q.pool === "none" ? 0 : q.s;
  for (let a = 0; a < places(q); a++) {
    const top = a * pitch(q) - before(q.k), bottom = top + last + q.k - 1;
    if (q.mode === "circular" && q.n % pitch(q) === 0 || top >= Math.max(0, by) && bottom < q.n + Math.min(0, by)) found.push(a);
  }
  return found;
}

/** How many weights n, k and s leave to learn. @param {Setting} q */
export const free = (q) => ({ dense: units(q) ** 2 * q.n ** 2, local: units(q) ** 2 * q.k ** 2, shared: q.k ** 2 });
