// @ts-check
// The Kernel lab's numbers and words, without DOM. The same words as d2lmini.explorers.kernel_lab.
import fields from "./explorers/kernel_lab.json";
import { CURRENT, RELATED, TAP } from "./grid.js";
import { decode, histogram, part, response, strongest } from "./picture.js";
import { factor, number, shown, signed } from "./scale.js";

const BINS = 9, BARS = 16, ZOOM = 8, SIDE = 256, TABLE = 5;
export const OWN = "own picture";

/** The picture in use. @param {any} q @returns {any} */
export const pictureOf = (q) => decode(q.source === OWN ? q.own : q.pictures[q.source]);
/** Every kernel with a name as [size, divisor, ...weights]. @param {any} q @returns {Record<string, number[]>} */
export const named = (q) => ({ ...fields.w.presets, ...Object.fromEntries(q.learned.map((all, i) => [`learned ${i + 1}`, all])) });
/** [size, divisor, ...weights] of the kernel in use: the middle of the 5×5 table. @param {any} q @returns {number[]} */
export function kernelOf({ k, div, w }) {
  const size = Number(k), from = (TABLE - size) / 2;
  return [size, div, ...w.slice(from, from + size).flatMap((row) => row.slice(from, from + size))];
}
/** What puts a kernel into the state. @param {number[]} kernel */
export function asState([size, div, ...weights]) {
  const from = (TABLE - size) / 2, inside = (place) => place >= from && place < from + size;
  const w = Array.from({ length: TABLE }, (_, r) => Array.from({ length: TABLE }, (_, c) => (inside(r) && inside(c) ? weights[(r - from) * size + c - from] : 0)));
  return { k: String(size), div, w };
}

/** A quotient with its sign: ≈ where four decimals are not enough. */
const quotient = (sum, div, equal = "") => ((sum * 1e4) % div ? "≈ " : equal) + shown(sum / div);
const cut = (value, least, most) => Math.min(Math.max(value, least), most);

/** All numbers of one setting. @param {any} q */
export function look(q) {
  const { source, view, div } = q, picture = pictureOf(q), { rows, cols, values } = picture, [k, , ...weights] = kernelOf(q);
  const { rows: m, cols: n, sums } = response(picture, weights, k), top = strongest(sums), peak = Math.abs(sums[top]);
  const high = view === "clipped" ? 255 * div : peak || 1, low = view === "signed" ? -high : 0;
  const visible = view === "signed" ? sums : sums.map((s) => (view === "absolute" ? Math.abs(s) : cut(s, 0, high)));
  const counts = histogram(visible, low, high, BINS), most = Math.max(...counts), heavy = Math.max(...weights.map(Math.abs));
  const range = view === "clipped" ? "0 to 255" : `${shown((view === "signed" ? -peak : 0) / div)} to ${shown(peak / div)}`;
  const tone = (j) => (view === "signed" ? signed(2 * j + 1 - BINS, BINS) : `g${Math.floor((15 * j) / (BINS - 1))}`);
  const size = Math.min(28, Math.floor(SIDE / Math.max(rows, cols))), at = [Math.floor(top / n), top % n], from = (TABLE - k) / 2;
  return {
    picture, k, m, n, sums, weights, low, high, counts, at,
    words: sentence(q, `${rows}×${cols}`, k, `${m}×${n}`) + (peak ? `strongest ${quotient(sums[top], div)} at row ${at[0]}, column ${at[1]}.` : "0 everywhere."),
    grids: [
      { name: "input", role: "input", rows, cols, caption: `Picture X, ${rows}×${cols}, grey 0 to 255`, pixels: { size, values, most: 255, scale: "grey" } },
      { name: "output", role: "output", rows: m, cols: n, caption: `Response ${view === "absolute" ? "|Y|" : "Y"}, ${m}×${n}${view === "clipped" ? ", clipped" : ""}`,
        pixels: { size, values: Array.from(visible, (s) => s / div), most: high / div, scale: view === "signed" ? "signed" : "grey" } },
      { name: "kernel", role: "kernel", rows: k, cols: k, caption: `Kernel K, ${k}×${k}${div > 1 ? `, divided by ${div}` : ""}`,
        text: weights.map(number), css: weights.map((w) => signed(w, heavy)), edit: { field: "w", at: (r, c) => [r + from, c + from] } },
      { name: "zoom", role: "input", rows: Math.min(ZOOM, rows), cols: Math.min(ZOOM, cols), table: true },
      { name: "histogram", role: "plain", rows: 2, cols: BINS, table: true, caption: `Histogram: ${BINS} parts of ${range}`,
        text: [...counts.map(() => ""), ...counts.map(String)], css: [...counts.map((count) => `bar b${Math.ceil((BARS * count) / most)}`), ...counts.map((_, j) => tone(j))] },
    ],
    lines: [brightness(weights.reduce((a, b) => a + b, 0), div), summary(view, sums, div, peak), ...(source === OWN ? [stays(q.own)] : [])],
    code: torchLine(view, div),
    setup: [`X = torch.frombuffer(bytearray.fromhex("${Array.from(values, (v) => v.toString(16).padStart(2, "0")).join("")}"), dtype=torch.uint8)`,
      `X = X.reshape(1, 1, ${rows}, ${cols}).double()`, `K = torch.tensor(${JSON.stringify(weights)}).reshape(1, 1, ${k}, ${k}).double()`],
  };
}

function sentence(q, input, k, output) {
  const kernel = String(kernelOf(q)), name = Object.entries(named(q)).find(([, all]) => String(all) === kernel)?.[0];
  return `${q.source[0].toUpperCase()}${q.source.slice(1)}, ${input}, kernel ${name ? `“${name}”` : "of your own"}, ${k}×${k}: response ${output}, `;
}
/** What the sum of the weights does to a flat area. */
function brightness(total, div) {
  const start = `The weights add up to ${number(total)}`, by = div > 1 ? `, divided by ${div} that makes ${quotient(total, div)}` : "";
  if (!total) return `${start}: a flat area answers 0, and only differences such as edges are left.`;
  return `${start}${by}: ${total === div ? "brightness is kept" : "a flat area is multiplied by that number"}.`;
}
/** What the picture of the response leaves out. */
function summary(view, sums, div, peak) {
  const count = (is) => sums.reduce((found, s) => found + Number(is(s)), 0);
  if (view === "absolute") return `Signs are left out: black is 0, white is ${quotient(peak, div)}.`;
  if (view === "signed") return `${count((s) => s > 0)} responses are positive (blue), ${count((s) => s < 0)} negative (orange), ${count((s) => !s)} are 0. Full colour is ${quotient(peak, div)} to either side.`;
  return `Cut off: ${count((s) => s < 0)} responses below 0 are shown as 0, ${count((s) => s > 255 * div)} above 255 as 255.`;
}
const stays = (own) => "Your picture stays in this page: it is never sent anywhere." +
  (own.length > fields.own.limit ? " It is too long for an address, so a copied link does not carry it." : "");
function torchLine(view, div) {
  const call = `F.conv2d(X, K)${div > 1 ? ` / ${div}` : ""}`;
  return `Y = ${view === "signed" ? call : (div > 1 ? `(${call})` : call) + (view === "absolute" ? ".abs()" : ".clamp(0, 255)")}`;
}

/** The window behind the chosen response; a pixel of the picture chooses the window around it. */
export function point(q, view, chosen, over) {
  const { picture: { rows, cols, values }, k, m, n, sums, weights, low, high } = view, { div } = q, half = chosen.grid === "input" ? (k - 1) / 2 : 0;
  const r = cut(chosen.r - half, 0, m - 1), c = cut(chosen.c - half, 0, n - 1), tall = Math.min(ZOOM, rows), wide = Math.min(ZOOM, cols);
  const back = Math.floor((k - ZOOM) / 2), top = cut(r + back, 0, rows - tall), left = cut(c + back, 0, cols - wide);
  const spot = over?.grid === "kernel" ? over : over?.grid === "zoom" ? { r: over.r + top - r, c: over.c + left - c } : { r: -1, c: -1 };
  const zoom = [], kernel = [], lines = [], text = [];
  for (let u = 0; u < k; u++) {
    const terms = [];
    for (let v = 0; v < k; v++) {
      const lit = spot.r === u && spot.c === v;
      zoom.push([r + u - top, c + v - left, lit ? TAP | RELATED : TAP]);
      if (lit) kernel.push([u, v, CURRENT]);
      terms.push(`<span${lit ? ' class="lit"' : ""}>${values[(r + u) * cols + c + v]}·${factor(weights[u * k + v])}</span>`);
    }
    lines.push(`<span class="d2lx-row">(${terms.join(" + ")})</span>`);
  }
  for (let y = top; y < top + tall; y++) text.push(...values.subarray(y * cols + left, y * cols + left + wide));
  const sum = sums[r * n + c], all = lines.join(" + "), seen = q.view === "absolute" ? Math.abs(sum) : sum;
  Object.assign(view, { top, left });
  return {
    marks: { zoom, kernel, histogram: [[1, part(seen, low, high, BINS), CURRENT]] },
    grids: {
      input: { inner: [r, c, k, k] }, output: { inner: [r, c, 1, 1] },
      zoom: { caption: `Zoom on rows ${top} to ${top + tall - 1}, columns ${left} to ${left + wide - 1}`, text: text.map(String), css: text.map((v) => `g${v >> 4}`) },
    },
    sum: `Y[${r}, ${c}]${{ signed: "", absolute: " with its sign", clipped: " before clipping" }[q.view]} = ${div > 1 ? `(${all}) / ${div}` : all} ` +
      quotient(sum, div, "= ").replace(/\S+$/, "<b>$&</b>"),
  };
}
