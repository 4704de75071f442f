// Convolution in whole numbers, the twin of torch's layer. No DOM here. q = { n, k, p, s, d } and, where
// they differ from a square input with p zeros per side: square, nw (the width), pad and mode.

/** One axis, the width when `across`: sizes of input, window, padding and output, and what the last window leaves. */
export function axis(q, across) {
  const n = across && q.square === false ? q.nw : q.n, span = q.d * (q.k - 1) + 1;
  const total = q.pad === "same" ? span - 1 : q.pad === "valid" ? 0 : 2 * q.p, before = Math.floor(total / 2);
  const room = n + total, free = room - span;
  return { n, span, total, before, after: total - before, room, free, over: free % q.s, m: Math.floor(free / q.s) + 1 };
}

/** Why the setting has no output, in the words of Python's class; null when it has one. */
export function verdict(q) {
  if (q.pad === "same" && q.s > 1) return `padding same needs stride 1, but the stride is ${q.s}: use stride 1 or another padding`;
  for (const across of [false, true]) {
    const { n, span, after, room, free } = axis(q, across), where = q.square === false ? ` in ${across ? "width" : "height"}` : "";
    const most = q.mode === "reflect" ? n - 1 : q.mode === "circular" ? n : after;
    if (after > most) return `mode ${q.mode} needs padding of at most ${most} for input size ${n}${where}, but the padding is ${after}: use less padding or another mode`;
    if (free < 0) return `kernel size ${q.k}${q.d > 1 ? ` with dilation ${q.d}` : ""} spans ${span} places, but the padded input has only ${room}${where}: add padding or use a smaller kernel`;
  }
  return null;
}

/** Output size along one axis; the floor drops what does not fill a stride. */
export const outSize = (q, across) => axis(q, across).m;

/** For each place of a padded axis the place of the input that it shows; NaN where it shows a zero. */
export function places(q, across) {
  const { n, before, room } = axis(q, across);
  return Array.from({ length: room }, (_, place) => {
    const y = place - before;
    if (y >= 0 && y < n) return y;
    if (q.mode === "reflect") return y < 0 ? -y : 2 * (n - 1) - y;
    if (q.mode === "replicate") return y < 0 ? 0 : n - 1;
    return q.mode === "circular" ? (y + n) % n : NaN;
  });
}

/** The padded input, row by row. */
export function padded(q, x) {
  const across = places(q, true);
  return places(q).map((y) => across.map((z) => (y >= 0 && z >= 0 ? x[y][z] : 0)));
}

/** The products behind output (i, j): kernel (u, v) meets (r, c) of the padded input. */
export function taps(q, i, j) {
  const found = [];
  for (let u = 0; u < q.k; u++) for (let v = 0; v < q.k; v++) found.push({ u, v, r: i * q.s + u * q.d, c: j * q.s + v * q.d });
  return found;
}

/** Along one axis: the outputs (with their kernel place) that read a padded place; an input's place also through its copies. */
export function readers(q, place, across) {
  const { before, m } = axis(q, across), from = places(q, across), found = [];
  for (let i = 0; i < m; i++) {
    for (let u = 0; u < q.k; u++) if (i * q.s + u * q.d === place || from[i * q.s + u * q.d] === place - before) found.push({ i, u });
  }
  return found;
}

/** How many windows read each row of the padded input, or each column. */
export function reads(q, across) {
  const { room, m } = axis(q, across), counts = new Array(room).fill(0);
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
