// Convolution in whole numbers, the twin of d2lmini.ops. No DOM here. q = { n, k, p, s, d }.

/** Why the setting has no output, in the words of d2lmini.ops.size_problem; null when it has one. */
export function verdict({ n, k, p, d }) {
  const span = d * (k - 1) + 1, room = n + 2 * p;
  if (span <= room) return null;
  const dilated = d > 1 ? ` with dilation ${d}` : "";
  return `kernel size ${k}${dilated} spans ${span} places, but the padded input has only ${room}: ` +
    "add padding or use a smaller kernel";
}

/** Output size along one axis; the floor drops what does not fill a stride. */
export const outSize = ({ n, k, p, s, d }) => Math.floor((n + 2 * p - d * (k - 1) - 1) / s) + 1;

/** Rows and columns at the end that the floor drops. */
export const leftOver = ({ n, k, p, s, d }) => (n + 2 * p - d * (k - 1) - 1) % s;

/** The products behind output (i, j): kernel (u, v) meets input (y, x), which may be padding. */
export function taps(q, i, j) {
  const found = [];
  for (let u = 0; u < q.k; u++) {
    for (let v = 0; v < q.k; v++) {
      const y = i * q.s + u * q.d - q.p, x = j * q.s + v * q.d - q.p;
      found.push({ u, v, y, x, pad: y < 0 || x < 0 || y >= q.n || x >= q.n });
    }
  }
  return found;
}

/** Along one axis: the outputs (with their kernel place) that read place y of the input. */
export function readers(q, y) {
  const found = [];
  for (let u = 0; u < q.k; u++) {
    const step = y + q.p - u * q.d, i = step / q.s;
    if (step >= 0 && Number.isInteger(i) && i < outSize(q)) found.push({ i, u });
  }
  return found;
}

/** How many windows read each row of the padded input; columns are the same. */
export function reads(q) {
  const counts = new Array(q.n + 2 * q.p).fill(0), m = outSize(q);
  for (let i = 0; i < m; i++) for (let u = 0; u < q.k; u++) counts[i * q.s + u * q.d]++;
  return counts;
}

/** { bad } or { shape, out }: the whole output, row by row. @returns {any} */
export function run(q, x, w) {
  const bad = verdict(q);
  if (bad) return { bad };
  const m = outSize(q), out = [];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let u = 0; u < q.k; u++) {
        const row = x[i * q.s + u * q.d - q.p], weights = w[u], y = i * q.s + u * q.d - q.p;
        if (y < 0 || y >= q.n) continue;
        for (let v = 0; v < q.k; v++) {
          const c = j * q.s + v * q.d - q.p;
          if (c >= 0 && c < q.n) sum += row[c] * weights[v];
        }
      }
      out.push(sum);
    }
  }
  return { shape: [m, m], out };
}
