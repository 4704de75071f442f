// One entry for two hosts: a kernel's widget manager calls render(), and so does site.js.
import { channels as channels_view } from "./explorers/channels.js";
import { conv_matrix } from "./explorers/conv_matrix.js";
import { conv_shape } from "./explorers/conv_shape.js";
import { conv_step } from "./explorers/conv_step.js";
import * as frames from "./explorers/frames.js";
import { kernel_lab } from "./explorers/kernel_lab.js";
import { learn } from "./explorers/learn.js";
import { lenet } from "./explorers/lenet.js";
import { pool } from "./explorers/pool.js";
import * as quiz from "./explorers/quiz.js";
import { receptive_field } from "./explorers/receptive_field.js";
import { why_conv } from "./explorers/why_conv.js";
import { h } from "./dom.js";
import * as channels from "./channels.js";
import * as convmat from "./convmat.js";
import * as descent from "./descent.js";
import * as equivariance from "./equivariance.js";
import * as lab from "./lab.js";
import * as ops from "./ops.js";
import * as picture from "./picture.js";
import * as pooling from "./pooling.js";
import * as stack from "./stack.js";
import * as state from "./state.js";

/** @type {Record<string, import("./types").Explorer>} */
export const EXPLORERS = { channels: channels_view, conv_matrix, conv_shape, conv_step, frames, kernel_lab, learn, lenet, pool, quiz, receptive_field, why_conv };
export { channels, convmat, descent, equivariance, lab, ops, picture, pooling, stack, state };

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
