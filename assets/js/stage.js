// @ts-check
// The stage: everything that explorers share. An explorer describes what it shows; this shows it.
import { button, choice, copier, slider, toggle } from "./controls.js";
import { h, say } from "./dom.js";
import { GridView } from "./grid.js";
import { onTheme, palette } from "./palette.js";
import { number, shown, spoken } from "./scale.js";
import { nearest, whole } from "./state.js";

/**
 * One grid of a view. A pixel grid is a canvas without text; every other has text and css.
 * @typedef {object} Grid
 * @property {string} name            also the key of its marks
 * @property {"input"|"kernel"|"output"|"plain"} role
 * @property {string} caption
 * @property {number} rows
 * @property {number} cols
 * @property {string[]} [text]        row by row
 * @property {string[]} [css]
 * @property {number[]} [inner]       frame around the real cells: [at, size] or [top, left, rows, cols]
 * @property {boolean} [table]        stays a table, however large the others are
 * @property {number} [shows]         the column that is scrolled into sight
 * @property {(r: number, c: number, from: number) => number} [snap]   the column to stand in, where a row has gaps
 * @property {boolean} [line]         begins a new line
 * @property {{field: string, at: (r: number, c: number) => number[] | null}} [edit]
 * @property {{size: number, values: ArrayLike<number>, most: number, scale: string}} [pixels]
 * @property {(stage: Stage, r: number, c: number, from: {r: number, c: number} | null) => void} [paint]   called for each cell under a pressed pointer
 *
 * @typedef {object} View
 * @property {string} words           the setting and its result in one sentence
 * @property {Grid[]} grids
 * @property {string[]} [lines]       further sentences
 * @property {string[]} [formula]     line by line
 * @property {string} [code]          the call in PyTorch
 * @property {string[]} [setup]       what has to stand before it
 *
 * @typedef {{grid: string, r: number, c: number}} Place
 * @typedef {object} Pointed
 * @property {Record<string, number[][]>} [marks]
 * @property {string} [sum]           HTML made of numbers
 * @property {Record<string, Partial<Grid>>} [grids]   what the chosen cell changes in a grid
 * @typedef {any} State              one value for each field; an explorer may name its own
 *
 * @typedef {object} Stage
 * @property {() => State} state
 * @property {(values: State, from?: string, at?: Place | null) => void} put   moves with the same `from` are one step back; `at` is the cell to explain then
 * @property {(text: string) => void} announce
 * @property {(text: string) => void} refuse      says why something was not done
 * @property {() => void} draw
 *
 * @typedef {object} Part             something of an explorer's own: a drawing, a list of layers
 * @property {HTMLElement} element
 * @property {"controls"|"picture"} [where]
 * @property {(q: State, view: any, at: Place) => void} [update]
 * @property {() => void} [end]
 *
 * @typedef {object} Spec
 * @property {Record<string, any>} fields
 * @property {string[]} controls
 * @property {string[]} [fixed]       what the page holds beside the fields
 * @property {Record<string, string>} [needs]     what of it a script beside the bundle brings
 * @property {(q: State) => string | null} [verdict]
 * @property {string[]} [repair]      fields whose nearest valid value is offered
 * @property {(q: State) => any[]} [hide]          controls that mean nothing in this state
 * @property {(name: string, q: State) => State} [also]   what changes together with a control
 * @property {(q: State) => any} look
 * @property {(q: State, view: any, at: Place, over: Place | null) => Pointed} [point]
 * @property {(q: State, view: any, grid: string, r: number, c: number) => string | undefined} [cell]
 * @property {string[]} [pins]        grids whose cells can be chosen for good; the first is home
 * @property {(view: any) => number[]} [home]     its cell that is explained before one is chosen
 * @property {(q: State, view: any, place: Place) => State | [State, Place] | null} [choose]   what a click or Enter on a cell sets, and the cell to explain then
 * @property {(stage: Stage) => HTMLElement[]} [buttons]
 * @property {(stage: Stage) => Part[]} [parts]
 * @property {string} [hint]          what is special here; the keys are explained for all
 */

const IMPORTS = ["import torch", "import torch.nn.functional as F", ""];
const KEYS = "Blue is positive, orange is negative; rows and columns count from 0. Point at a cell, or move with the arrow keys, to see what it belongs to; " +
  "Enter keeps it, or changes a number that can be changed, as a double click, + and − do.";
const LARGE = 12, MANY = 250, STEPS_BACK = 100;

/** An explorer from its description, as index.js wants it. @param {Spec} spec */
export const explorer = (spec) => ({
  spec, // what it computes, without a page: for tests
  fields: spec.fields,
  describe(/** @type {State} */ raw) {
    const part = (/** @type {string[]} */ names) => Object.fromEntries(names.filter((n) => n in raw).map((n) => [n, raw[n]]));
    return { fields: spec.fields, start: part(Object.keys(spec.fields)), fixed: part(spec.fixed ?? []) };
  },
  render: (/** @type {any} */ host) => show(spec, host),
});

/** @param {Spec} spec @param {{model: any, root: HTMLElement, announce: (text: string) => void, link?: () => string}} host */
function show(spec, { model, root, announce, link }) {
  const { fields, verdict = () => null, repair = [], pins = ["output"] } = spec;
  const names = Object.keys(fields), all = [...names, ...(spec.fixed ?? [])], colors = palette(root);
  /** @type {Map<string, GridView>} */
  const views = new Map();
  /** @type {State[]} */
  const past = [];
  let /** @type {any} */ q = null, /** @type {any} */ view = null, /** @type {any} */ over = null, /** @type {any} */ pinned = null;
  let busy = false, last = repair[0], lately = "", asTable = false;
  const state = () => Object.fromEntries(all.map((name) => [name, model.get(name)]));

  // ---------------------------------------------------------------- elements
  const note = h("p", { class: "d2lx-note", role: "status" }, (model.get("notes") ?? []).join(" "));
  const refuse = (/** @type {string} */ text) => { note.textContent = text; };
  /** @type {Stage} */
  const stage = { state, put, announce, refuse, draw };
  const controls = new Map(spec.controls.map((name) => [name, control(name)]));
  const parts = spec.parts?.(stage) ?? [];
  const table = toggle("show as table", (/** @type {boolean} */ on) => { asTable = on; draw(); });
  const back = button("Undo", undo);
  const place = (/** @type {boolean} */ wide) => spec.controls.filter((n) => (fields[n].kind === "bool") !== wide)
    .map((n) => /** @type {import("./types").Control} */ (controls.get(n)).element);
  const own = (/** @type {string} */ where) => parts.filter((p) => (p.where ?? "picture") === where).map((p) => p.element);
  const actions = h("div", { class: "d2lx-actions" }, ...place(false), ...(spec.buttons?.(stage) ?? []), table.element, back,
    button("Reset", () => { last = repair[0]; put(model.get("start")); }));
  if (link) actions.append(copier("Copy link", link, announce));
  const words = h("p", { class: "d2lx-verdict" }), error = h("div", { class: "d2lx-error", hidden: true });
  const grids = h("div", { class: "d2lx-grids" }), lines = h("div", { class: "d2lx-lines" });
  const sum = h("p", { class: "d2lx-sum" }), formula = h("div", { class: "d2lx-formula" }), code = h("code");
  const torch = h("p", { class: "d2lx-torch" }, code,
    copier("Copy torch code", () => [...IMPORTS, ...(view.setup ?? []), view.code].join("\n"), announce));
  const picture = h("div", { class: "d2lx-picture" }, grids, ...own("picture"), lines, sum, formula, torch);
  root.append(note, h("div", { class: "d2lx-controls" }, ...place(true)), ...own("controls"), actions, words, error, picture,
    h("p", { class: "d2lx-hint" }, spec.hint ? `${spec.hint} ` : "", KEYS));

  /** @param {string} name @returns {import("./types").Control} */
  function control(name) {
    const field = fields[name], change = (/** @type {any} */ value) => { last = name; put({ [name]: value, ...spec.also?.(name, state()) }, name); };
    if (field.kind === "int") return slider({ symbol: name, ...field }, { change, refuse });
    if (field.kind === "choice") return choice({ symbol: name, ...field }, change);
    return toggle(field.name, change, name);
  }

  // ---------------------------------------------------------------- state
  /** Set values together and draw once; moves of one slider are one step back. */
  function put(/** @type {State} */ values, from = "", /** @type {Place | null} */ at = null) {
    if (at) over = pinned = at;
    const before = state();
    if (!from || from !== lately) past.push(Object.fromEntries(names.map((name) => [name, before[name]])));
    if (past.length > STEPS_BACK) past.shift();
    lately = from;
    set(values);
  }
  function set(/** @type {State} */ values) {
    busy = true;
    for (const [name, value] of Object.entries(values)) if (Object.hasOwn(fields, name)) model.set(name, value);
    busy = false;
    model.save_changes();
    note.textContent = "";
    draw();
    announce(error.hidden ? words.textContent ?? "" : error.firstElementChild?.textContent ?? "");
  }
  function undo() {
    const before = past.pop();
    lately = "";
    if (before) set(before);
  }
  const heard = () => { if (!busy) draw(); };

  // ---------------------------------------------------------------- drawing
  function draw() {
    const now = state(), bad = verdict(now), hidden = spec.hide?.(now) ?? [];
    for (const [name, { element, set: show }] of controls) { show(now[name]); element.hidden = hidden.includes(name); }
    back.disabled = !past.length;
    error.hidden = !bad;
    words.hidden = Boolean(bad);
    picture.classList.toggle("d2lx-stale", Boolean(bad));
    picture.inert = Boolean(bad);
    if (bad) explain(now, bad);
    if (!bad || !view) {
      q = bad ? { ...now, ...model.get("start") } : now;
      view = spec.look(q);
    }
    say(words, bad ? "" : view.words);
    fill();
    point();
  }
  /** Why there is no output, and what would give one. */
  function explain(/** @type {State} */ now, /** @type {string} */ bad) {
    const order = [last, ...repair.filter((name) => name !== last)].filter((name) => repair.includes(name));
    const near = (/** @type {State} */ from, /** @type {string} */ name, /** @type {(q: State) => any} */ test = verdict) => nearest(from, name, fields[name], test);
    const works = (/** @type {any[][]} */ way) => way.every(([, value]) => value !== null);
    let ways = order.map((a) => [[a, near(now, a)]]).filter(works);
    if (!ways.length) { // no single value helps: two together
      ways = order.flatMap((a, i) => order.slice(i + 1).map((b) => {
        const first = near(now, a, (from) => near(from, b) === null);
        return [[a, first], [b, near({ ...now, [a]: first }, b)]];
      })).filter(works).slice(0, 3);
    }
    const offer = ways.map((way) => button(way.map(([name, value]) => `${fields[name].symbol ?? name} = ${number(value)}`).join(", "), () => {
      put(Object.fromEntries(way));
      controls.get(way[0][0])?.focus();
    }));
    error.replaceChildren(h("p", {}, h("strong", {}, "⚠ No output: "), `${bad}.`));
    if (ways.length) error.append(h("p", { class: "d2lx-actions" }, "Nearest valid value: ", ...offer));
  }
  /** Everything that does not depend on the pointer. */
  function fill() {
    const shown = view.grids, cells = shown.map((/** @type {Grid} */ g) => (g.pixels || g.table ? 0 : g.rows * g.cols));
    const large = cells.reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0) > MANY ||
      shown.some((/** @type {Grid} */ g, /** @type {number} */ i) => cells[i] && Math.max(g.rows, g.cols) > LARGE);
    for (const grid of shown) {
      if (!views.has(grid.name)) views.set(grid.name, new GridView(grid.name, grid.role, handlers(grid.name), colors));
      grid.big = Boolean(grid.pixels) || (large && !asTable && grid.role !== "kernel" && !grid.table);
    }
    const order = shown.flatMap((/** @type {Grid} */ g) => { const v = /** @type {any} */ (views.get(g.name)); return g.line ? [v.ahead, v.element] : [v.element]; });
    for (const old of [...grids.children]) if (!order.includes(old)) old.remove();
    order.forEach((/** @type {Element} */ e, /** @type {number} */ i) => { if (e !== grids.children[i]) grids.insertBefore(e, grids.children[i] ?? null); });
    table.element.hidden = !large;
    write(lines, view.lines ?? [], "p");
    write(formula, view.formula ?? [], "div");
    say(code, view.code ?? "");
    torch.hidden = !view.code;
  }
  /** Marks and the sum for the cell that is pointed at or pinned. */
  function point() {
    const at = chosen(), { marks = {}, sum: html = "", grids: changed = {} } = spec.point?.(q, view, at, over && find(over.grid) ? over : null) ?? {};
    for (const { paint, ...grid } of view.grids) { // paint is for the stage
      const flags = new Uint8Array(grid.rows * grid.cols);
      for (const [r, c, mark] of marks[grid.name] ?? []) {
        if (r >= 0 && c >= 0 && r < grid.rows && c < grid.cols) flags[r * grid.cols + c] |= mark;
      }
      views.get(grid.name)?.update({ ...grid, ...changed[grid.name], marks: flags });
    }
    if (sum.dataset.html !== html) { sum.innerHTML = html; sum.dataset.html = html; }
    for (const part of parts) part.update?.(q, view, at);
    for (const { name } of view.grids) views.get(name)?.settle();
  }
  const find = (/** @type {string} */ name) => view.grids.find((/** @type {Grid} */ g) => g.name === name);
  /** The cell to explain: under the pointer where its grid can be chosen from, else the pinned one. */
  function chosen() {
    const from = [over, pinned].find((p) => p && pins.includes(p.grid) && find(p.grid));
    const grid = from?.grid ?? pins.find(find), { rows = 1, cols = 1 } = find(grid) ?? {};
    const [r, c] = from ? [from.r, from.c] : spec.home?.(view) ?? [0, 0];
    return { grid, r: Math.min(r, rows - 1), c: Math.min(c, cols - 1) };
  }

  // ---------------------------------------------------------------- cells
  const describe = (/** @type {string} */ grid, /** @type {number} */ r, /** @type {number} */ c) => {
    const { text, cols, caption, pixels } = find(grid), i = r * cols + c;
    return spec.cell?.(q, view, grid, r, c) ?? `${caption}, row ${r} column ${c}: ${spoken(text?.[i] ?? shown(pixels?.values[i] ?? 0))}`;
  };
  function handlers(/** @type {string} */ name) {
    const go = (/** @type {Place | null} */ next) => {
      if (over?.grid === next?.grid && over?.r === next?.r && over?.c === next?.c) return;
      over = next;
      point();
    };
    const spot = (/** @type {number} */ r, /** @type {number} */ c) => find(name)?.edit?.at(r, c) ?? null;
    return {
      describe,
      say: (/** @type {[string, number, number]} */ ...cell) => announce(describe(...cell)),
      point: (/** @type {string} */ grid, /** @type {number} */ r, /** @type {number} */ c) => go({ grid, r, c }),
      leave: () => go(null),
      pin(/** @type {string} */ grid, /** @type {number} */ r, /** @type {number} */ c) {
        over = { grid, r, c };
        const chosen = spec.choose?.(q, view, over);
        if (chosen) return Array.isArray(chosen) ? put(chosen[0], "", chosen[1]) : put(chosen);
        if (pins.includes(grid)) pinned = over;
        point();
        if (pinned === over) announce(sum.textContent || describe(grid, r, c));
      },
      free() { over = pinned = null; point(); },
      paint: (/** @type {[number, number, any]} */ ...cell) => find(name)?.paint?.(stage, ...cell),
      paints: () => Boolean(find(name)?.paint),
      editable: (/** @type {number} */ r, /** @type {number} */ c) => spot(r, c) !== null,
      value(/** @type {number} */ r, /** @type {number} */ c) {
        const [y, x] = spot(r, c) ?? [0, 0];
        return model.get(find(name).edit.field)[y][x];
      },
      edit(/** @type {number} */ r, /** @type {number} */ c, /** @type {any} */ given) {
        const { field } = find(name).edit, [y, x] = spot(r, c) ?? [0, 0], rows = model.get(field), { value, bad } = whole(given, fields[field]);
        if (bad) return refuse(`${fields[field].name}, row ${y}, column ${x}: ${bad}; it stays ${number(rows[y][x])}.`);
        put({ [field]: rows.map((/** @type {number[]} */ row, /** @type {number} */ i) => (i === y ? row.map((old, j) => (j === x ? value : old)) : row)) });
        announce(describe(name, r, c));
      },
    };
  }

  // ---------------------------------------------------------------- start and end
  const changes = all.map((name) => `change:${name}`).join(" ");
  model.on(changes, heard);
  const still = onTheme(() => { colors.forget(); views.forEach((v) => v.settle()); });
  draw();
  return () => {
    model.off(changes, heard);
    still();
    views.forEach((v) => v.end());
    parts.forEach((part) => part.end?.());
  };
}

/** Lines of text as elements; what did not change is left alone. */
function write(/** @type {HTMLElement} */ host, /** @type {string[]} */ texts, /** @type {"p" | "div"} */ tag) {
  while (host.children.length > texts.length) host.lastElementChild?.remove();
  texts.forEach((text, i) => say(host.children[i] ?? host.appendChild(h(tag)), text));
}
