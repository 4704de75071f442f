// @ts-check
// Grey pictures and what a kernel makes of them, in whole numbers. No DOM here.

/** @typedef {{rows: number, cols: number, values: Uint8Array}} Picture   grey values from 0 to 255 */

const RUN = 103; // g is 0 and z is 19: a run of equal pixels is counted with letters that no hex digit uses

/** A picture from its code "2x3-ff00j", or null. @param {string} code @returns {Picture | null} */
export function decode(code) {
  const [, rows, cols, body] = /^([1-9]\d?)x([1-9]\d?)-((?:[0-9a-f]{2}[g-z]{0,3})+)$/.exec(code) ?? [];
  if (!body) return null;
  const values = new Uint8Array(Number(rows) * Number(cols));
  let at = 0;
  for (const [, grey, run] of body.matchAll(/(..)([g-z]*)/g)) {
    let end = at + 1, more = 0;
    for (const digit of run) more = 20 * more + digit.charCodeAt(0) - RUN;
    end += more;
    if (end > values.length) return null;
    values.fill(parseInt(grey, 16), at, end);
    at = end;
  }
  return at === values.length ? { rows: Number(rows), cols: Number(cols), values } : null;
}

/** The code of a picture; d2lmini.explorers.pixels writes the same. @param {Picture} picture */
export function encode({ rows, cols, values }) {
  let code = `${rows}x${cols}-`;
  for (let at = 0, end; at < values.length; at = end) {
    for (end = at + 1; end < values.length && values[end] === values[at];) end++;
    let run = "";
    for (let more = end - at - 1; more; more = Math.floor(more / 20)) run = String.fromCharCode(RUN + (more % 20)) + run;
    code += values[at].toString(16).padStart(2, "0") + run;
  }
  return code;
}

/**
 * A grey picture of size×size from the red, green, blue and alpha of a square whose side is a
 * multiple of size: (299 R + 587 G + 114 B) / 1000, averaged over blocks and rounded half up.
 * @param {ArrayLike<number>} rgba @param {number} side @param {number} size @returns {Picture}
 */
export function grey(rgba, side, size) {
  const block = side / size, whole = 1000 * block * block, values = new Uint8Array(size * size);
  for (let at = 0; at < values.length; at++) {
    const top = Math.floor(at / size) * block, left = (at % size) * block;
    let sum = 0;
    for (let r = top; r < top + block; r++) {
      for (let c = left; c < left + block; c++) {
        const i = 4 * (r * side + c);
        sum += 299 * rgba[i] + 587 * rgba[i + 1] + 114 * rgba[i + 2];
      }
    }
    values[at] = Math.floor((2 * sum + whole) / (2 * whole));
  }
  return { rows: size, cols: size, values };
}

/** All window sums of a picture under a k×k kernel, row by row. @param {Picture} picture @param {number[]} w @param {number} k */
export function response({ rows, cols, values }, w, k) {
  const m = rows - k + 1, n = cols - k + 1, sums = new Int32Array(m * n);
  for (let u = 0; u < k; u++) {
    for (let v = 0; v < k; v++) {
      const weight = w[u * k + v];
      if (!weight) continue;
      for (let i = 0, at = 0; i < m; i++) {
        for (let from = (i + u) * cols + v, end = from + n; from < end;) sums[at++] += weight * values[from++];
      }
    }
  }
  return { rows: m, cols: n, sums };
}

/** The first place of the number farthest from 0. @param {ArrayLike<number>} sums */
export function strongest(sums) {
  let best = 0;
  for (let i = 1; i < sums.length; i++) if (Math.abs(sums[i]) > Math.abs(sums[best])) best = i;
  return best;
}

/** Which of `count` equal parts of low to high holds the value; values outside go to the ends. */
export function part(/** @type {number} */ value, /** @type {number} */ low, /** @type {number} */ high, /** @type {number} */ count) {
  return Math.max(0, Math.min(count - 1, Math.floor(((value - low) * count) / (high - low))));
}

/** How many values lie in each part. @param {ArrayLike<number>} values @param {number} low @param {number} high @param {number} count */
export function histogram(values, low, high, count) {
  const counts = new Array(count).fill(0);
  for (let i = 0; i < values.length; i++) counts[part(values[i], low, high, count)]++;
  return counts;
}
