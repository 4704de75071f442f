// @ts-check
// Channels: a kernel spans the input channels of its group; partial maps are added, the bias once.
import fields from "./channels.json";
import { bill, output, plane, read, SIDE, verdict } from "../channels.js";
import { map, numbers, peak, tensorOf } from "../figures.js";
import { CURRENT, RELATED, TAP } from "../grid.js";
import { outSize, taps } from "../ops.js";
import { factor, listed, number, signed, thousands } from "../scale.js";

/** @type {import("../stage.js").Spec} */
export const channels = {
  fields, verdict, look, point,
  controls: ["ci", "co", "g", "k", "n", "o", "c", "bias"],
  repair: ["g", "co", "ci", "k", "n"],
  hide: ({ ci, co, g }) => [...(co > 1 ? [] : ["o"]), ...(ci / g > ROOM ? [] : ["c"])],
  pins: ["output", ...[0, 1, 2, 3, 4, 5, 6, 7].map((c) => `p${c}`)],
};

/** @typedef {any} State */
const ROOM = 3; // input channels shown in numbers; of the others, maps
const many = (/** @type {number} */ count, /** @type {string} */ what) => `${thousands(count)} ${what}${count === 1 ? "" : "s"}`;
const square = (/** @type {number[][]} */ table, /** @type {number} */ top, /** @type {number} */ left, /** @type {number} */ size) =>
  table.slice(top, top + size).flatMap((row) => row.slice(left, left + size));

/** @param {State} q */
function look(q) {
  const { ci, co, k, g, n, x, w, b, bias } = q, o = Math.min(q.o, co - 1), m = outSize(plane(q)), from = read(q, o), first = Math.max(0, Math.min(q.c - from[0], from.length - ROOM));
  const all = [...Array(co).keys()].map((i) => output(q, x, w, b, i)), { parts, out } = all[o], { layer, dense, separable } = bill(q);
  const top = peak(parts.flat().concat(out)), most = peak(all.flatMap((a) => a.out)), slices = all.flatMap((_, i) => [...Array(ci).keys()].map((c) => (read(q, i).includes(c) ? k * k : 0)));
  const edit = (/** @type {string} */ field, /** @type {number} */ down, right = 0) => ({ edit: { field, at: (/** @type {number} */ r, /** @type {number} */ c) => [down + r, right + c] } });
  const plane_of = (/** @type {number} */ c) => square(x, SIDE * c, 0, n), slice = (/** @type {number} */ i, /** @type {number} */ c) => square(w, SIDE * i, SIDE * c, k);
  const cost = (/** @type {any} */ { weights, products }) => `${thousands(weights)}·${m * m} = ${many(products, "multiplication")}.`;
  const plus = (/** @type {any} */ count) => (bias ? ` + ${count}` : "");
  return {
    o, from, parts, out, m,
    words: `${many(ci, "input channel")} of ${n}×${n}, ${many(co, "output channel")}, kernel ${k}×${k}, ${many(g, "group")}, ` +
      `${bias ? "with" : "without"} bias: output ${co}×${m}×${m}, ${many(layer.parameters, "parameter")}.`,
    grids: [
      { name: "wiring", role: "plain", caption: "Weights of output (row) for input (column)", rows: co, cols: ci, table: true, text: slices.map(String), css: slices.map((v) => signed(v, 2 * k * k)) },
      ...from.flatMap((c, i) => (i < first || i >= first + ROOM ? [] : [
        numbers(`x${c}`, "input", `Input X[${c}]`, plane_of(c), 9, { line: true, ...edit("x", SIDE * c) }),
        numbers(`w${c}`, "kernel", `Slice K[${o}, ${c}]`, slice(o, c), 9, edit("w", SIDE * o, SIDE * c)),
        numbers(`p${c}`, "plain", `Part P[${c}]`, parts[i], top),
      ])),
      numbers("output", "output", `Output Y[${o}]`, out, top, { line: true }),
      ...(bias ? [numbers("b", "kernel", `Bias b[${o}]`, [b[0][o]], 99, edit("b", 0, o))] : []),
      ...from.flatMap((c, i) => (i < first || i >= first + ROOM ? [map(`p${c}`, "plain", `Part P[${c}]`, parts[i], top, 60, "signed", { line: i === (first ? 0 : ROOM) })] : [])),
      ...(co > 1 ? all : []).map((a, i) => map(`y${i}`, "plain", `Y[${i}]`, a.out, most, 60, "signed", { line: !i })),
    ],
    lines: [
      `Output channel ${o} reads input channel${from.length > 1 ? "s" : ""} ${listed(from)}${g > 1 ? " and no other" : ""}: Y[${o}] = ${from.map((c) => `P[${c}]`).join(" + ")}${plus(`b[${o}]`)}.`,
      `Each weight is used at ${m}·${m} places: ${cost(layer)}`,
      `Dense, 1 group: ${co}·${ci}·${k}²${plus(co)} = ${many(dense.parameters, "parameter")}, ${cost(dense)}`,
      `Depthwise ${k}×${k}, then 1×1: ${ci}·${k}²${plus(ci)} + ${co}·${ci}${plus(co)} = ${many(separable.parameters, "parameter")}, ${cost(separable)}`,
    ],
    formula: [
      `parameters = c_o · (c_i / g) · k²${plus("c_o")}`, `= ${co} · (${ci} / ${g}) · ${k}²${plus(co)}`, `= ${thousands(layer.parameters)}`,
    ],
    setup: [
      tensorOf("X", [...Array(ci).keys()].flatMap(plane_of), 1, ci, n, n),
      tensorOf("K", all.flatMap((_, i) => read(q, i).flatMap((c) => slice(i, c))), co, ci / g, k, k),
      ...(bias ? [tensorOf("b", b[0].slice(0, co), co)] : []),
    ],
    code: `Y = F.conv2d(X, K${bias ? ", b" : ""}, groups=${g})[:, [${o}]]`,
  };
}

/** The windows behind a place of the output or of one part, and what the number under the pointer feeds. @param {State} q */
function point(q, /** @type {any} */ { o, m, from, parts, out }, /** @type {any} */ { grid, r, c }, /** @type {any} */ over) {
  const { k, x, w, bias } = q, part = grid !== "output", only = part ? [Number(grid[1])] : from, near = taps(plane(q), r, c), at = r * m + c, here = [[r, c, CURRENT]];
  /** @type {any} */
  const marks = { wiring: only.map((/** @type {number} */ i) => [o, i, TAP]), [part ? grid : "output"]: [...here], [`y${o}`]: here };
  for (const i of only) {
    marks[`x${i}`] = near.map((tap) => [tap.r, tap.c, TAP]);
    marks[`p${i}`] ??= [[r, c, TAP]];
  }
  feeds(marks, m, k, over, r, c);
  const terms = only.map((/** @type {number} */ i) => {
    const products = near.map(({ u, v, r: y, c: z }) => `${factor(x[SIDE * i + y][z])}·${factor(w[SIDE * o + u][SIDE * i + v])}`).join(" + ");
    return `<span class="d2lx-row">${only.length * k * k > 25 ? factor(parts[from.indexOf(i)][at]) : part ? products : `(${products})`}</span>`;
  });
  const total = part ? parts[from.indexOf(only[0])] : out;
  return { marks, sum: `${part ? `P[${only[0]}` : `Y[${o}`}, ${r}, ${c}] = ${terms.concat(bias && !part ? factor(q.b[0][o]) : []).join(" + ")} = <b>${number(total[at])}</b>` };
}

/** Mark the outputs that an input or a weight under the pointer feeds, and for the output (i, j) what it meets there.
 * @param {any} marks @param {number} m @param {number} k @param {{grid: string, r: number, c: number} | null} over @param {number} i @param {number} j */
function feeds(marks, m, k, over, i, j) {
  const [, kind, channel] = /^([xw])(\d)$/.exec(over?.grid ?? "") ?? [];
  if (!over || !kind) return;
  const { grid, r, c } = over, mark = (/** @type {string} */ name, /** @type {number} */ y, /** @type {number} */ x, how = RELATED) => { (marks[name] ??= []).push([y, x, how]); };
  const inside = (/** @type {number} */ y, /** @type {number} */ x, /** @type {number} */ size) => Math.min(y, x) >= 0 && Math.max(y, x) < size;
  mark(grid, r, c, CURRENT);
  for (let y = 0; y < m; y++) {
    for (let x = 0; x < m; x++) {
      if (kind === "x" && !inside(r - y, c - x, k)) continue;
      for (const name of [`p${channel}`, "output"]) mark(name, y, x);
      if (kind === "w") mark(`x${channel}`, y + r, x + c);
    }
  }
  if (kind === "x" && inside(r - i, c - j, k)) mark(`w${channel}`, r - i, c - j);
}
