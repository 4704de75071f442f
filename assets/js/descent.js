// @ts-check
// Gradient descent on one kernel. Sums run in a fixed order, the same as in d2lmini.explorers.learn, so that
// page and Python agree to the last bit, and so a kernel that stands exactly on a ridge stays there in both.

/**
 * Input rows × cols, kernel a × b, stride s, output m × l. Kernels and outputs are flat lists, row by row.
 * @typedef {{ rows: number, cols: number, a: number, b: number, s: number, m: number, l: number }} Sizes
 */

/** A loss beyond this ends a run: it is lost. */
export const CAP = 1e9;

/** A number from a text such as "0.03" or "1/30". @param {string} text */
export function ratio(text) {
  const [top, bottom = 1] = text.split("/").map(Number);
  return top / bottom;
}

/** @param {number} rows @param {number} cols @param {number} a @param {number} b @param {number} s @returns {Sizes} */
export const sizes = (rows, cols, a, b, s) =>
  ({ rows, cols, a, b, s, m: Math.floor((rows - a) / s) + 1, l: Math.floor((cols - b) / s) + 1 });

/** The pixel, as a place in the flat input, under weight q in window p. @param {Sizes} g @param {number} p @param {number} q */
export const pixel = ({ cols, b, s, l }, p, q) =>
  (Math.floor(p / l) * s + Math.floor(q / b)) * cols + (p % l) * s + q % b;

/** One row for each window: the pixels under the weights. @param {Sizes} g @param {number[]} x */
export const windows = (g, x) =>
  Array.from({ length: g.m * g.l }, (_, p) => Array.from({ length: g.a * g.b }, (_, q) => x[pixel(g, p, q)]));

/** @param {number[]} one @param {number[]} two */
function dot(one, two) {
  let sum = 0;
  for (let i = 0; i < one.length; i++) sum += one[i] * two[i];
  return sum;
}

/** The output of a kernel. @param {number[][]} seen @param {number[]} w */
export const output = (seen, w) => seen.map((window) => dot(window, w));

/** d loss / d weight: twice the sum of error times pixel. @param {number[][]} seen @param {number[]} error */
export function weightGradient(seen, error) {
  const sums = seen[0].map(() => 0);
  seen.forEach((window, p) => { for (let q = 0; q < sums.length; q++) sums[q] += error[p] * window[q]; });
  return sums.map((sum) => 2 * sum);
}

/** d loss / d pixel: twice the sum of error times weight, over the windows that read it. @param {Sizes} g @param {number[]} w @param {number[]} error */
export function inputGradient(g, w, error) {
  const sums = new Array(g.rows * g.cols).fill(0);
  error.forEach((e, p) => w.forEach((v, q) => { sums[pixel(g, p, q)] += e * v; }));
  return sums.map((sum) => 2 * sum);
}

/**
 * The run of a kernel w towards the output y: what there is after 0, 1, 2, ... updates.
 * @param {number[][]} seen @param {number[]} y @param {number[]} w
 * @param {{ rate: number, momentum: number, steps: number }} how
 */
export function descend(seen, y, w, { rate, momentum, steps }) {
  const path = [];
  let speed = w.map(() => 0);
  for (let t = 0; ; t++) {
    const made = output(seen, w), error = made.map((v, p) => v - y[p]);
    const loss = dot(error, error), gradient = weightGradient(seen, error);
    path.push({ w, speed, made, error, gradient, loss });
    if (t === steps || loss > CAP) return path;
    speed = speed.map((v, q) => momentum * v + gradient[q]);
    w = w.map((v, q) => v - rate * speed[q]);
  }
}

/** Curvatures of the loss, the smallest first: eigenvalues of twice AᵀA, where A holds the windows. @param {number[][]} seen */
export function curvatures(seen) {
  const h = seen[0].map((_, p) => seen[0].map((_, q) => 2 * seen.reduce((sum, row) => sum + row[p] * row[q], 0)));
  for (let sweep = 0; sweep < 12; sweep++) { // Jacobi: turn two axes at a time until nothing stands off the diagonal
    for (let p = 0; p < h.length; p++) {
      for (let q = p + 1; q < h.length; q++) {
        if (Math.abs(h[p][q]) < 1e-13) continue;
        const half = (h[q][q] - h[p][p]) / (2 * h[p][q]), t = (half < 0 ? -1 : 1) / (Math.abs(half) + Math.hypot(half, 1));
        const cos = 1 / Math.hypot(t, 1), sin = t * cos;
        for (const row of h) [row[p], row[q]] = [cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]];
        [h[p], h[q]] = [h[p].map((v, i) => cos * v - sin * h[q][i]), h[q].map((v, i) => sin * h[p][i] + cos * v)];
      }
    }
  }
  return h.map((row, i) => Math.abs(Math.round(row[i] * 1e8) / 1e8)).sort((one, two) => one - two);
}
