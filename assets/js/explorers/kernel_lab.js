// @ts-check
// Kernel lab: what any kernel makes of any picture, down to the numbers of one window.
import fields from "./kernel_lab.json";
import { button } from "../controls.js";
import { h } from "../dom.js";
import { asState, kernelOf, look, named, OWN, pictureOf, point } from "../lab.js";
import { encode } from "../picture.js";
import { shown, spoken } from "../scale.js";
import { snapshot } from "../snapshot.js";

const INK = { white: 255, grey: 128, black: 0 }, THICK = 40;

/** @type {import("../stage.js").Spec} */
export const kernel_lab = {
  fields, point, cell,
  fixed: ["pictures", "learned"],
  controls: ["source", "view", "k", "div", "ink"],
  pins: ["output", "input"],
  home: ({ at }) => at,
  look(q) {
    const view = look(q);
    return q.ink === "off" ? view : { ...view, grids: view.grids.map((grid) => (grid.name === "input" ? { ...grid, paint } : grid)) };
  },
  parts: (stage) => [presets(stage), sources(stage)],
  hint: "Point at the response or at the picture: frames, zoom and sum follow. To draw on the picture, choose a colour; then press and move, or press Enter at the cursor. " +
    "A picture of your own stays in this page. Its middle square becomes 64×64 grey pixels: (299·R + 587·G + 114·B) / 1000, averaged.",
};

/** One cell in words, for a screen reader. */
function cell(q, view, grid, r, c) {
  const { picture, k, n, sums, weights, top, left, low, high, counts } = view, grey = (y, x) => `picture row ${y} column ${x}: grey ${picture.values[y * picture.cols + x]}`;
  if (grid === "input") return grey(r, c);
  if (grid === "zoom") return grey(r + top, c + left);
  if (grid === "kernel") return `kernel row ${r} column ${c}: ${spoken(weights[r * k + c])}`;
  if (grid === "output") return `response row ${r} column ${c}: ${spoken(shown(sums[r * n + c] / q.div))}, from picture rows ${r} to ${r + k - 1}, columns ${c} to ${c + k - 1}`;
  const edge = (j) => spoken(shown((low + ((high - low) * j) / counts.length) / q.div));
  return `${r ? "" : "bar of "}${counts[c]} responses from ${edge(c)} to ${edge(c + 1)}`;
}

/** Ink on the picture, from the last place to this one; a built-in picture is copied first. */
function paint(stage, r, c, from) {
  const q = stage.state(), { rows, cols, values } = pictureOf(q), next = values.slice(), width = Math.max(rows, cols) > THICK ? 1 : 0;
  const steps = from ? Math.max(Math.abs(r - from.r), Math.abs(c - from.c), 1) : 1;
  for (let step = 1; step <= steps; step++) {
    const at = (start, end) => Math.round(start + ((end - start) * step) / steps), y = at(from?.r ?? r, r), x = at(from?.c ?? c, c);
    for (let i = Math.max(y - width, 0); i <= Math.min(y + width, rows - 1); i++) next.fill(INK[q.ink], i * cols + Math.max(x - width, 0), i * cols + Math.min(x + width, cols - 1) + 1);
  }
  stage.put({ source: OWN, own: encode({ rows, cols, values: next }) }, "own");
}

/** A button for each kernel with a name. @returns {import("../stage.js").Part} */
function presets(stage) {
  const made = Object.entries(named(stage.state())).map(([name, kernel]) => ({ kernel: String(kernel), element: button(name, () => stage.put(asState(kernel))) }));
  return {
    where: "controls", element: h("div", { class: "d2lx-actions", role: "group", "aria-label": "kernels" }, "Kernel:", ...made.map(({ element }) => element)),
    update(q) {
      const now = String(kernelOf(q));
      for (const { element, kernel } of made) element.setAttribute("aria-pressed", String(kernel === now));
    },
  };
}

/** Pictures of the reader's own. @returns {import("../stage.js").Part} */
function sources(stage) {
  const take = (picture) => stage.put({ source: OWN, own: encode(picture) });
  const { elements, end } = snapshot(take, stage.refuse);
  const empty = button("Empty picture", () => stage.put({ source: OWN, own: fields.own.init, ink: "white" }));
  return { where: "controls", end, element: h("div", { class: "d2lx-actions", role: "group", "aria-label": "a picture of your own" }, empty, ...elements) };
}
