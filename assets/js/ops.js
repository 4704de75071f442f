// Convolution in whole numbers, the twin of torch's layer. No DOM here. q = { n, k, p, s, d } and, where
// they differ from a square input with p zeros per side: square, nw (the width), pad and mode.

/** One axis, the width when `across`: input size, padding before and after it, and what the last window leaves. */
export function axis(q, across) {
  const n = across && q.square === false ? q.nw : q.n, span = q.d * (q.k - 1) + 1;
  const total = q.pad === "same" ? span - 1 : q.pad === "valid" ? 0 : 2 * q.p, before = Math.floor(total / 2);
  return { n, span, total, before, after: total - before, room: n + total, free: n + total - span };
}

/** Why the setting has no output, in the words of Python's class; null when it has one. */
export function verdict(q) {
  if (q.pad === "same" && q.s > 1) return `padding “same” works with stride 1 only, and the stride is ${q.s}: use stride 1 or give the padding per side`;
  for (const across of [false, true]) {
    const { n, span, after, room, free } = axis(q, across), where = q.square === false ? ` in ${across ? "width" : "height"}` : "";
    const most = q.mode === "reflect" ? n - 1 : q.mode === "circular" ? n : after;
    if (after > most) return `mode ${q.mode} can lay at most ${most} on each side of an input of size ${n}${where}, but the padding is ${after}: pad less or use another mode`;
    const dilated = q.d > 1 ? ` with dilation ${q.d}` : "";
    if (free < 0) return `kernel size ${q.k}${dilated} spans ${span} places, but the padded input has only ${room}${where}: add padding or use a smaller kernel`;
  }
  return null;
}

/** Output size along one axis; the floor drops what does not fill a stride. */
export const outSize = (q, across) => Math.floor(axis(q, across).free / q.s) + 1;

/** Rows or columns at the end that the floor drops. */
export const leftOver = (q, across) => axis(q, across).free % q.s;

/** For each place of a padded axis the place of the input that it shows; −1 where it shows a zero. */
export function places(q, across) {
  const { n, before, room } = axis(q, across);
  return Array.from({ length: room }, (_, place) => {
    const y = place - before;
    if (y >= 0 && y < n) return y;
    if (q.mode === "reflect") return y < 0 ? -y : 2 * (n - 1) - y;
    if (q.mode === "replicate") return y < 0 ? 0 : n - 1;
    return q.mode === "circular" ? (y + n) % n : -1;
  });
}

/** The padded input, row by row. */
export function padded(q, x) {
  const across = places(q, true);
  return places(q).map((y) => across.map((z) => (y < 0 || z < 0 ? 0 : x[y][z])));
}

/** The products behind output (i, j): kernel (u, v) meets (r, c) of the padded input; `pad` when that is padding. */
export function taps(q, i, j) {
  const down = axis(q), across = axis(q, true), found = [];
  for (let u = 0; u < q.k; u++) {
    for (let v = 0; v < q.k; v++) {
      const r = i * q.s + u * q.d, c = j * q.s + v * q.d, y = r - down.before, x = c - across.before;
      found.push({ u, v, r, c, y, x, pad: y < 0 || x < 0 || y >= down.n || x >= across.n });
    }
  }
  return found;
}

/** Along one axis: the outputs (with their kernel place) that read place y of the input, also through its copies. */
export function readers(q, y, across) {
  const { before, n } = axis(q, across), m = outSize(q, across), found = [];
  places(q, across).forEach((from, place) => {
    if (place - before !== y && (from !== y || y < 0)) return;
    for (let u = 0; u < q.k; u++) {
      const i = (place - u * q.d) / q.s;
      if (i >= 0 && Number.isInteger(i) && i < m) found.push({ i, u });
    }
  });
  return found;
}

/** How many windows read each row of the padded input, or each column. */
export function reads(q, across) {
  const counts = new Array(axis(q, across).room).fill(0), m = outSize(q, across);
  for (let i = 0; i < m; i++) for (let u = 0; u < q.k; u++) counts[i * q.s + u * q.d]++;
  return counts;
}

/** { bad } or { shape, out }: the whole output, row by row. @returns {any} */
export function run(q, x, w) {
  const bad = verdict(q);
  if (bad) return { bad };
  const input = padded(q, x), shape = [outSize(q), outSize(q, true)], out = [];
  for (let i = 0; i < shape[0]; i++) {
    for (let j = 0; j < shape[1]; j++) {
      let sum = 0;
      for (let u = 0; u < q.k; u++) {
        const row = input[i * q.s + u * q.d], weights = w[u];
        for (let v = 0; v < q.k; v++) sum += row[j * q.s + v * q.d] * weights[v];
      }
      out.push(sum);
    }
  }
  return { shape, out };
}
