// One entry for two hosts: a kernel's widget manager calls render(), and so does site.js.
import * as frames from "./explorers/frames.js";
import * as quiz from "./explorers/quiz.js";
import { h } from "./dom.js";

/** What can be shown. kernel.js adds all explorers, site.js each one where it stands. @type {Record<string, import("./types").Explorer>} */
export const EXPLORERS = { frames, quiz };

// JupyterLab's command mode acts on these keys while they bubble: keep ours inside.
const OURS = /^(Arrow|Home|End|Page|Enter|Esc|F2|[\d +=−-]$)/;

/**
 * Show model's explorer in el; the returned function takes it away again.
 * @param {{model: import("./types").Model, el: HTMLElement, link?: () => string}} place
 */
export function render({ model, el, link }) {
  const kind = model.get("kind");
  const root = h("div", { class: "d2lx", role: "group", "aria-label": model.get("label") || kind });
  const live = h("p", { class: "d2lx-live", "aria-live": "polite" });
  let timer = 0;
  const announce = (/** @type {string} */ text) => {
    clearTimeout(timer);
    timer = setTimeout(() => { live.textContent = text; }, 300);
  };
  root.addEventListener("keydown", (event) => { if (OURS.test(event.key)) event.stopPropagation(); });
  const stop = EXPLORERS[kind].render({ model, root, announce, link });
  root.append(live);
  el.replaceChildren(root);
  return () => { clearTimeout(timer); stop?.(); el.replaceChildren(); };
}
export default { render };
