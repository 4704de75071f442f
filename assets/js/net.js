// @ts-check
// LeNet in numbers: stored networks, the forward pass, and what one unit is made of. No DOM here.
// The twin in Python is d2lmini.weights with torch.

/**
 * @typedef {object} Layer
 * @property {string} name
 * @property {"conv" | "dense" | "pool"} kind
 * @property {string} how       relu, sigmoid or none; max or average
 * @property {number} out       maps or units
 * @property {number} in
 * @property {number} k         kernel size; 1 for dense layers
 * @property {number} p         padding per side
 * @property {number} scale     a weight is its whole steps times this
 * @property {Int8Array} steps
 * @property {Float64Array} w
 * @property {Float32Array} b
 *
 * @typedef {{maps: number, rows: number, cols: number, values: Float64Array}} Maps
 * @typedef {{nets: Record<string, Layer[]>, own: string, samples: Uint8Array[]}} Stored
 * @typedef {{m: number, y: number, x: number, at: number, w: number, step: number}} Term   at is -1 in the padding
 */

export const SIDE = 28;
/** @type {{text: string, made: Stored} | null} */
let last = null;

/** Networks and sample pictures from the text that d2lmini.weights.pack writes. @param {string} text @returns {Stored} */
export function open(text) {
  if (last?.text === text) return last.made;
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), size = new DataView(bytes.buffer).getUint32(0, true);
  const start = 4 + size, { nets, own, samples } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)));
  for (const layer of Object.values(nets).flat()) {
    if (layer.kind === "pool") continue;
    layer.k ??= 1;
    layer.p ??= 0;
    layer.b = new Float32Array(bytes.buffer, start + layer.bias, layer.out);
    layer.steps = new Int8Array(bytes.buffer, start + layer.steps, layer.out * layer.in * layer.k ** 2);
    layer.w = Float64Array.from(layer.steps, (/** @type {number} */ step) => Math.fround(step * layer.scale));
  }
  const area = SIDE * SIDE, made = { nets, own, samples: Array.from({ length: 10 }, (_, i) => bytes.subarray(start + samples + i * area, start + samples + (i + 1) * area)) };
  last = { text, made };
  return made;
}

/** A picture moved down and to the right; black moves in. @param {ArrayLike<number>} picture @param {number} dy @param {number} dx */
export function moved(picture, dy, dx) {
  return Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
    const y = Math.floor(at / SIDE) - dy, x = (at % SIDE) - dx;
    return Math.min(y, x) >= 0 && Math.max(y, x) < SIDE ? picture[y * SIDE + x] : 0;
  });
}

/** What the network reads: grey values over 255, in float32 as in training, and nothing else. @param {ArrayLike<number>} picture @returns {Maps} */
export const input = (picture) => ({ maps: 1, rows: SIDE, cols: SIDE, values: Float64Array.from(picture, (grey) => Math.fround(grey / 255)) });

/** @type {Record<string, (z: number) => number>} */
const ACTIVATE = { relu: (z) => Math.max(0, z), sigmoid: (z) => 1 / (1 + Math.exp(-z)), none: (z) => z };

/** @param {Layer} layer @param {Maps} below @returns {Maps} */
function conv({ out, k, p, w, b, how }, { maps, rows, cols, values }) {
  const m = rows + 2 * p - k + 1, n = cols + 2 * p - k + 1, made = new Float64Array(out * m * n);
  for (let o = 0; o < out; o++) {
    made.fill(b[o], o * m * n, (o + 1) * m * n);
    for (let i = 0, at = o * maps * k * k; i < maps; i++) {
      for (let u = 0; u < k; u++) {
        for (let v = 0; v < k; v++, at++) {
          const weight = w[at], to = Math.min(n, cols + p - v);
          for (let r = Math.max(0, p - u); r < Math.min(m, rows + p - u); r++) {
            const from = (i * rows + r + u - p) * cols + v - p, put = (o * m + r) * n;
            for (let c = Math.max(0, p - v); c < to; c++) made[put + c] += weight * values[from + c];
          }
        }
      }
    }
  }
  return { maps: out, rows: m, cols: n, values: made.map(ACTIVATE[how]) };
}

/** @param {Layer} layer @param {Maps} below @returns {Maps} */
const dense = ({ out, w, b, how, in: n }, { values }) => ({
  maps: out, rows: 1, cols: 1,
  values: Float64Array.from({ length: out }, (_, o) => {
    let z = b[o];
    for (let i = 0; i < n; i++) z += w[o * n + i] * values[i];
    return ACTIVATE[how](z);
  }),
});

/** @param {Layer} layer @param {Maps} below @returns {Maps} */
function pool({ k, how }, { maps, rows, cols, values }) {
  const m = Math.floor(rows / k), n = Math.floor(cols / k), made = new Float64Array(maps * m * n);
  for (let at = 0; at < made.length; at++) {
    const c = at % n, r = Math.floor(at / n) % m, first = (Math.floor(at / n / m) * rows + r * k) * cols + c * k;
    let most = -Infinity, sum = 0;
    for (let u = 0; u < k; u++) {
      for (let v = 0; v < k; v++) {
        const value = values[first + u * cols + v];
        most = Math.max(most, value);
        sum += value;
      }
    }
    made[at] = how === "max" ? most : sum / k ** 2;
  }
  return { maps, rows: m, cols: n, values: made };
}

const STEP = { conv, dense, pool };

/**
 * What every layer gives for an input; `off` sets one map to 0.
 * @param {Layer[]} layers @param {Maps} x @param {{layer: number, map: number} | null} [off]
 */
export function run(layers, x, off) {
  let now = x;
  return layers.map((layer, i) => {
    now = STEP[layer.kind](layer, now);
    const area = now.rows * now.cols;
    if (off?.layer === i) now.values.fill(0, off.map * area, (off.map + 1) * area);
    return now;
  });
}

/** Probabilities of the scores divided by t. @param {ArrayLike<number>} scores @param {number} t */
export function softmax(scores, t) {
  const z = Array.from(scores, (s) => s / t), most = Math.max(...z), e = z.map((s) => Math.exp(s - most)), sum = e.reduce((a, b) => a + b);
  return e.map((s) => s / sum);
}

/** What unit (o, r, c) of a layer reads, in order. @param {Layer} layer @param {Maps} below @param {number} o @param {number} r @param {number} c @returns {Term[]} */
export function terms({ kind, k, p, w, steps }, { maps, rows, cols }, o, r, c) {
  const found = [], area = rows * cols;
  if (kind === "dense") {
    for (let at = 0; at < maps * area; at++) {
      const i = o * maps * area + at;
      found.push({ m: Math.floor(at / area), y: Math.floor((at % area) / cols), x: at % cols, at, w: w[i], step: steps[i] });
    }
    return found;
  }
  const pooling = kind === "pool", shift = pooling ? 0 : p;
  for (let m = pooling ? o : 0; m < (pooling ? o + 1 : maps); m++) {
    for (let u = 0; u < k; u++) {
      for (let v = 0; v < k; v++) {
        const y = r * (pooling ? k : 1) + u - shift, x = c * (pooling ? k : 1) + v - shift, i = ((o * maps + m) * k + u) * k + v;
        const inside = Math.min(y, x) >= 0 && y < rows && x < cols;
        found.push({ m, y, x, at: inside ? (m * rows + y) * cols + x : -1, w: pooling ? 1 : w[i], step: pooling ? 1 : steps[i] });
      }
    }
  }
  return found;
}

/** The rows (or columns) of the picture that place r of layer i can depend on; null beyond the convolutions. @param {Layer[]} layers @param {number} i @param {number} r */
export function field(layers, i, r) {
  let low = r, high = r;
  for (; i >= 0; i--) {
    const { kind, k, p } = layers[i];
    if (kind === "dense") return null;
    [low, high] = kind === "pool" ? [low * k, high * k + k - 1] : [low - p, high + k - 1 - p];
  }
  return [Math.max(low, 0), Math.min(high, SIDE - 1)];
}

/** The first place whose value is the largest, up to rounding. @param {ArrayLike<number>} values */
export function first(values) {
  let most = -Infinity;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]);
  return Array.prototype.findIndex.call(values, (v) => v >= most - 1e-9);
}
