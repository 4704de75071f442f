// Pictures that were drawn when the book was built, switched by sliders.
import { button, copier, steps } from "../controls.js";
import { h, say } from "../dom.js";

/** @typedef {{name: string, label: string, text: string[], at: number}} Control */

/** What can change here: one choice for each control. @param {{controls: Control[], frames: string[][]}} raw */
export function describe(raw) {
  const /** @type {Record<string, any>} */ fields = {}, /** @type {Record<string, string>} */ start = {};
  for (const { name, text, at } of raw.controls) {
    fields[name] = { kind: "choice", of: text };
    start[name] = text[at];
  }
  return { fields, start, fixed: { controls: raw.controls, frames: raw.frames } };
}

/** @param {import("../types").Host} host */
export function render({ model, root, announce, link }) {
  const /** @type {Control[]} */ controls = model.get("controls"), /** @type {string[][]} */ frames = model.get("frames");
  /** @type {Map<number, string>} */
  const urls = new Map();
  const image = h("img"), words = h("figcaption");
  const note = h("p", { class: "d2lx-note", role: "status" }, (model.get("notes") ?? []).join(" "));
  const put = (/** @type {Record<string, string>} */ values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    note.textContent = "";
    draw(true);
  };
  const sliders = controls.map(({ name, label, text }) => steps({ label, of: text }, (value) => put({ [name]: value })));
  const actions = h("div", { class: "d2lx-actions" }, button("Reset", () => put(model.get("start"))));
  if (link) actions.append(copier("Copy link", link, announce));

  function source(/** @type {number} */ place) {
    if (!urls.has(place)) urls.set(place, URL.createObjectURL(new Blob([frames[place][0]], { type: "image/svg+xml" })));
    return /** @type {string} */ (urls.get(place));
  }
  function draw(/** @type {boolean} */ spoken) {
    let place = 0; // mixed radix: the last control changes fastest
    controls.forEach(({ name, text }, c) => {
      sliders[c].set(model.get(name));
      place = place * text.length + text.indexOf(model.get(name));
    });
    image.src = source(place);
    image.alt = frames[place][1];
    say(words, frames[place][1]);
    if (spoken) announce(frames[place][1]);
  }
  root.append(note, h("div", { class: "d2lx-controls" }, ...sliders.map((s) => s.element)), actions,
    h("figure", { class: "d2lx-card" }, image, words));
  draw(false);
  return () => urls.forEach((url) => URL.revokeObjectURL(url));
}
