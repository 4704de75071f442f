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

/** The image: the stored picture at n×n pixels. @param {Setting} q @param {number[][]} x */
export const image = ({ n }, x) => [...Array(n * n).keys()].map((i) => x[source(n, Math.floor(i / n))][source(n, i % n)]);

const wrap = (/** @type {number} */ place, /** @type {number} */ size) => ((place % size) + size) % size;
/** The same square moved; what leaves comes back at the other side, or is lost and zeros follow.
 * @param {number[]} values @param {number} down @param {number} right @param {boolean} around */
export function move(values, down, right, around) {
  const n = Math.sqrt(values.length);
  return values.map((_, i) => {
    const r = Math.floor(i / n) - down, c = (i % n) - right;
    if (around) return values[wrap(r, n) * n + wrap(c, n)];
    return r >= 0 && c >= 0 && r < n && c < n ? values[r * n + c] : 0;
  });
}

/** Go along the connections of unit (i, j): pixel (y, x) and its weight. One table holds the weights of all kinds: units with
 * weights of their own begin to read it elsewhere. Reading beyond the border meets a zero, so nothing is listed.
 * @param {Setting} q @param {number[][]} w @param {number} i @param {number} j @param {(y: number, x: number, weight: number) => void} meet */
function walk(q, w, i, j, meet) {
  const { n, k, s } = q, dense = q.layer === "dense", own = q.layer === "local" ? 1 : 0, side = dense ? n : k, around = q.mode === "circular";
  const axis = (/** @type {number} */ from, /** @type {number} */ start) => { // places, each followed by that of its weight
    const found = [];
    for (let u = 0; u < side; u++) {
      const place = around ? wrap(from + u, n) : from + u;
      if (place >= 0 && place < n) found.push(place, (start + u) % TABLE);
    }
    return found;
  };
  const rows = dense ? axis(0, 3 * i + j) : axis(i * s - before(k), own * i), cols = dense ? axis(0, i + 3 * j) : axis(j * s - before(k), own * j);
  for (let a = 0; a < rows.length; a += 2) {
    const weights = w[rows[a + 1]];
    for (let b = 0; b < cols.length; b += 2) meet(rows[a], cols[b], weights[cols[b + 1]]);
  }
}

/** The connections of unit (i, j) as a list. @param {Setting} q @param {number[][]} w @param {number} i @param {number} j */
export function connections(q, w, i, j) {
  /** @type {{y: number, x: number, weight: number}[]} */
  const found = [];
  walk(q, w, i, j, (y, x, weight) => { found.push({ y, x, weight }); });
  return found;
}

/** The answer of the layer, pooled. @param {Setting} q @param {number[]} values @param {number[][]} w */
export function answer(q, values, w) {
  const m = units(q), half = places(q), n = q.n, out = [], known = new Map();
  let sum = 0;
  const add = (/** @type {number} */ y, /** @type {number} */ x, /** @type {number} */ weight) => { sum += values[y * n + x] * weight; };
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      // dense units repeat when both places where they begin to read the table do
      const key = q.layer === "dense" ? TABLE * ((3 * i + j) % TABLE) + (i + 3 * j) % TABLE : i * m + j;
      if (!known.has(key)) {
        sum = 0;
        walk(q, w, i, j, add);
        known.set(key, sum);
      }
      out.push(known.get(key));
    }
  }
  if (q.pool === "none") return out;
  return [...Array(half * half).keys()].map((i) => {
    const at = 2 * (Math.floor(i / half) * m + (i % half)), four = [out[at], out[at + 1], out[at + m], out[at + m + 1]];
    return q.pool === "max" ? Math.max(...four) : four.reduce((a, b) => a + b) / 4;
  });
}

/** Move then layer, layer then move, and their difference. A move that is no multiple of the pitch is cut
 * to whole output places, towards zero. @param {Setting} q @param {number[][]} x @param {number[][]} w */
export function orders(q, x, w) {
  const around = q.mode === "circular", picture = image(q, x), moved = move(picture, q.down, q.right, around), first = answer(q, moved, w);
  const down = Math.trunc(q.down / pitch(q)), right = Math.trunc(q.right / pitch(q)), second = move(answer(q, picture, w), down, right, around);
  return { picture, moved, first, second, down, right, gaps: first.map((value, i) => value - second[i]) };
}

/** Along one axis: output places whose windows, moved and unmoved, stay inside the image. @param {Setting} q @param {number} by */
export function safe(q, by) {
  const step = pitch(q);
  return [...Array(places(q)).keys()].filter((a) => {
    const top = a * step - before(q.k), bottom = top + step - q.s + q.k - 1;
    return q.mode === "circular" && q.n % step === 0 || top >= Math.max(0, by) && bottom < q.n + Math.min(0, by);
  });
}

/** How many weights n, k and s leave to learn. @param {Setting} q */
export const free = (q) => ({ dense: units(q) ** 2 * q.n ** 2, local: units(q) ** 2 * q.k ** 2, shared: q.k ** 2 });
