// @ts-check
// Receptive field: what each unit of a stack of layers sees, found by walking every tap.
import fields from "./receptive_field.json";
import { button } from "../controls.js";
import { CURRENT, RELATED, TAP } from "../grid.js";
import { layerList } from "../layer_list.js";
import { counted, shown } from "../scale.js";
import { down, layersOf, named, one, problem, reach, read, runs, sizes, up, write } from "../stack.js";

const SIDE = 12, TEXT = 99999, WIDE = 32, WIDEST = 100, PIXELS = 256;

/** @type {import("../stage.js").Spec} */
export const receptive_field = {
  fields, look, point, cell, choose, verdict,
  controls: ["n"],
  repair: ["n"],
  pins: [],
  buttons: (stage) => Object.entries(fields.layers.presets).map(([name, [n, text]]) => button(name, () => stage.put(preset(n, text)))),
  parts: (stage) => [layerList(stage, fields.layers)],
  hint: "Yellow has many paths, dark blue none. A click or Enter on a unit chooses it.",
};

/** The state of a preset: its last layer, and there the unit in the middle. */
function preset(n, text) {
  const { layers } = read(text, fields.layers), middle = (sizes(n, layers)[layers.length] - 1) >> 1;
  return { n, layers: layers.map(write).join("-"), layer: layers.length, row: middle, col: middle };
}

/** Which layer cannot follow those before it, and why. @param {any} q */
function verdict({ n, layers: text }) {
  const layers = layersOf(text), all = sizes(n, layers), at = all.length - 1;
  return at === layers.length ? null : `layer ${at + 1} (${named(layers[at])}): ${problem(layers[at], all[at])}`;
}

/** All numbers of one stack, layer and unit. @param {any} q */
function look({ n, layers: text, layer, row, col }) {
  const layers = layersOf(text), all = sizes(n, layers), level = Math.min(layer, layers.length), m = all[level];
  const unit = /** @type {[number, number]} */ ([Math.min(row, m - 1), Math.min(col, m - 1)]), geometry = reach(layers);
  const walks = Array.from({ length: m }, (_, i) => down(all, layers, one(m, i), level)); // for each unit, each level
  const paths = walks.map((walk) => walk[0]), seen = paths.map((counts) => where(counts, (count) => count > 0));
  const blind = where(paths[0], (_, y) => paths.every((counts) => !counts[y]));
  const view = { n, m, layers, all, level, unit, walks, paths, seen, blind, geometry };
  return { ...view, result: "input", grids: [ribbon(view), map(view), units(view)], words: words(view), lines: lines(view), formula: formula(view), ...code(view) };
}

const span = (from, to) => Array.from({ length: to - from }, (_, i) => from + i);
const where = (counts, test) => [...counts.keys()].filter((i) => test(counts[i], i));
/** A count as text, while it fits into a cell. */
const few = (count) => (count > TEXT ? "…" : String(count || ""));

// ---------------------------------------------------------------- grids

/** Cells with text while they are few and short, else pixels. */
function grid(name, caption, values, side, more) {
  const most = Math.max(1, ...values), shape = { name, role: name, caption, rows: side, cols: side, pixels: null, ...more };
  if (side > SIDE || most > TEXT) return { ...shape, pixels: { size: Math.min(20, Math.floor(PIXELS / side)), values, most, scale: "count" } };
  const css = values.map((v, i) => counted(v, most) + (more.missed?.(i) ? " unread" : ""));
  return { ...shape, text: values.map(few), css };
}

function map({ n, unit: [i, j], paths, seen, blind }) {
  const values = paths[i].flatMap((a) => paths[j].map((b) => a * b)), ys = seen[i], xs = seen[j];
  return grid("input", `Paths from each pixel to unit [${i}, ${j}]`, values, n, {
    line: true, inner: ys.length && xs.length ? [ys[0], xs[0], ys.at(-1) - ys[0] + 1, xs.at(-1) - xs[0] + 1] : null,
    missed: (at) => blind.includes(Math.floor(at / n)) || blind.includes(at % n),
  });
}

const units = ({ m, level, seen }) => grid("output", `Pixels that each unit of layer ${level} sees`,
  seen.flatMap((ys) => seen.map((xs) => ys.length * xs.length)), m, {});

/** One row for the input and for each layer, along the columns; a unit stands above its middle where there is room. */
function ribbon({ all, level, unit, walks, geometry }) {
  const from = all.map((_, l) => Math.floor(geometry[l].start)), to = all.map((m, l) => from[l] + (m - 1) * geometry[l].jump);
  const first = Math.min(...from), wide = Math.max(...to) - first + 1, apart = wide <= WIDEST;
  const cols = 1 + (apart ? wide : Math.max(...all)), place = (l, i) => 1 + (apart ? from[l] - first + i * geometry[l].jump : i);
  const walk = walks[unit[1]], text = [], css = [], spot = [];
  all.forEach((m, l) => {
    const most = Math.max(1, ...(walk[l] ?? []));
    for (let c = 0; c < cols; c++) {
      const i = (c - place(l, 0)) / (place(l, 1) - place(l, 0)), real = c > 0 && i >= 0 && i < m && Number.isInteger(i), count = walk[l]?.[i] ?? 0;
      spot.push(real ? i : -1);
      text.push(c ? few(count) : String(l || "in"));
      css.push(c === 0 ? "gap head" : real ? (l > level ? "q0" : counted(count, most)) : "gap");
    }
  });
  return {
    name: "ribbon", role: "plain", rows: all.length, cols, text, css, spot, column: place, table: cols <= WIDE, shows: place(level, unit[1]),
    caption: `One row of each layer: paths to unit ${unit[1]}${apart ? "; a unit stands below the middle of what it sees" : ""}`,
    snap(r, c, before) {
      const found = span(0, cols).filter((i) => spot[r * cols + i] >= 0), left = found.filter((i) => i <= c);
      return (c > before ? found.find((i) => i >= c) : left.at(-1)) ?? (left.at(-1) || found[0]);
    },
  };
}

// ---------------------------------------------------------------- words

/** Rows and columns that are seen, as ranges. */
function footprint({ n, seen }, [i, j]) {
  const pixels = seen[i].length * seen[j].length;
  return `${pixels ? `rows ${runs(seen[i])} and columns ${runs(seen[j])}` : "nothing but padding"}, ${pixels} of ${n * n} pixels`;
}

function words(view) {
  const { layers, level, unit, geometry } = view, { r } = geometry[level];
  return `Layer ${level} of ${layers.length} has a receptive field of ${r}×${r}; its unit [${unit.join(", ")}] sees ${footprint(view, unit)}.`;
}

function lines({ n, layers, level, unit, geometry, seen, blind }) {
  const { r, jump } = geometry[level], said = [], before = layers.slice(0, level).reduce((sum, { p }, l) => sum + p * geometry[l].jump, 0);
  const spans = unit.map((i) => [i * jump - before, i * jump - before + r - 1].map((v) => shown(v)).join(" to "));
  if (r > n) said.push(`A receptive field of ${r}×${r} is larger than the input of ${n}×${n}.`);
  if (unit.some((i) => i * jump < before || i * jump - before + r > n)) {
    said.push(`The field of this unit is rows ${spans[0]} and columns ${spans[1]}; what lies outside 0 to ${n - 1} is padding.`);
  }
  const gaps = ["rows", "columns"].flatMap((name, axis) => {
    const at = seen[unit[axis]], holes = span(at[0], at.at(-1)).filter((y) => !at.includes(y));
    return holes.length ? [`${name} ${runs(holes)}`] : [];
  });
  if (gaps.length) said.push(`Holes: between its first and its last pixel the unit does not see ${gaps.join(" and ")}.`);
  if (blind.length) said.push(`No unit of layer ${level} sees rows and columns ${runs(blind)}.`);
  const weights = layers.slice(0, level).filter(({ pool }) => !pool).map(({ k }) => k * k), sum = weights.reduce((a, b) => a + b, 0);
  const stack = weights.length ? `the kernels up to here hold ${weights.length > 1 ? `${weights.join(" + ")} = ` : ""}${sum} weights` : "the layers up to here have no weights";
  return [...said, `With one channel ${stack}; one kernel of ${r}×${r} has ${r * r}.`];
}

function formula({ layers, all, geometry }) {
  return ["r ← r + d(k − 1)·jump, start ← start + (d(k − 1)/2 − p)·jump, then jump ← s·jump", ...layers.map(({ k, s, p, d }, l) => {
    const { r, jump, start } = geometry[l], next = geometry[l + 1];
    return `${l + 1} (size ${all[l + 1]}): r = ${r} + ${d}·(${k} − 1)·${jump} = ${next.r}, ` +
      `start = ${shown(start)} + (${d * (k - 1)}/2 − ${p})·${jump} = ${shown(next.start)}, jump = ${s}·${jump} = ${next.jump}`;
  })];
}

function code({ n, layers, level, unit }) {
  const numbers = layers.slice(0, level).map(({ k, s, p, d }) => `(${k}, ${s}, ${p}, ${d})`).join(", ");
  return {
    setup: [
      `X = torch.ones(1, 1, ${n}, ${n}, dtype=torch.float64, requires_grad=True)`, "Z = X", `for k, s, p, d in [${numbers}]:  # every weight is one`,
      "    Z = F.conv2d(Z, torch.ones(1, 1, k, k, dtype=torch.float64), stride=s, padding=p, dilation=d)",
    ],
    code: `Y = torch.autograd.grad(Z[0, 0, ${unit.join(", ")}], X)[0][0, 0]`,
  };
}

// ---------------------------------------------------------------- links

/** What is joined to the chosen unit, and to the pixel or unit under the pointer. */
function point(q, view, at, over) {
  const { layers, all, level, m, unit, paths, seen, walks, grids: [line] } = view, r = over?.r, c = over?.c;
  const input = [], output = [[...unit, CURRENT]], marked = [[level, line.column(level, unit[1]), CURRENT]];
  const mark = (l, counts, how) => counts.forEach((count, i) => { if (count) marked.push([l, line.column(l, i), how]); });
  walks[unit[1]].forEach((counts, l) => mark(l, counts, TAP));
  let pixel = unit.map((i) => paths[i].indexOf(Math.max(...paths[i])));
  const [from, i] = { input: [0, c], output: [level, c], ribbon: [r, line.spot[r * line.cols + c]] }[over?.grid] ?? [0, -1];
  if (i >= 0) { // all that is joined to it, below and above
    down(all, layers, one(all[from], i), from).forEach((counts, l) => mark(l, counts, RELATED));
    up(all, layers, from, i).forEach((counts, l) => mark(from + l, counts, RELATED));
  }
  if (over?.grid === "input") {
    pixel = [r, c];
    input.push([r, c, CURRENT]);
    for (let y = 0; y < m; y++) for (let x = 0; x < m; x++) if (paths[y][r] && paths[x][c]) output.push([y, x, RELATED]);
  }
  if (over?.grid === "output") for (const y of seen[r]) for (const x of seen[c]) input.push([y, x, RELATED]);
  const [a, b] = pixel.map((y, axis) => paths[unit[axis]][y]);
  return { marks: { input, output, ribbon: marked }, sum: `Paths from pixel [${pixel.join(", ")}] = ${a}·${b} = <b>${a * b}</b>` };
}

/** A unit that is clicked is the unit looked at; along the ribbon rows and columns move together. */
function choose(q, view, { grid: name, r, c }) {
  if (name === "output") return { layer: view.level, row: r, col: c };
  const { spot, cols } = view.grids[0], i = spot[r * cols + c];
  return name === "ribbon" && r && i >= 0 ? { layer: r, row: i, col: i } : null;
}

/** One cell in words, for a screen reader. */
function cell(q, view, name, r, c) {
  const { level, unit, paths, walks, grids: [line] } = view, many = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;
  const by = (y) => paths.filter((counts) => counts[y]).length;
  if (name === "input") return `pixel row ${r} column ${c}: ${many(paths[unit[0]][r] * paths[unit[1]][c], "path")} to the unit, seen by ${many(by(r) * by(c), "unit")} of layer ${level}`;
  if (name === "output") return `unit row ${r} column ${c} of layer ${level}: sees ${footprint(view, [r, c])}`;
  const i = line.spot[r * line.cols + c];
  if (i < 0) return c ? "no unit" : r ? `layer ${r}` : "in: the input";
  return `${r ? `layer ${r} unit` : "input pixel"} ${i}: ${r > level ? "above the unit" : `${many(walks[unit[1]][r][i], "path")} to the unit`}`;
}
