// The static site: every box of the page becomes live when it comes near the window.
import { bring } from "./data.js";
import { h } from "./dom.js";
import { EXPLORERS, render } from "./index.js";
import { explorer } from "./stage.js";
import { clean, fromQuery, stubModel, toQuery } from "./state.js";

// Explorers whose script is loaded only where they stand, with what they need beside the page's state.
/** @type {Record<string, () => Promise<object>>} */
const LATER = {
  async lenet() {
    const [spec, weights] = await Promise.all([bring("lenet-live"), bring("lenet-weights")]);
    EXPLORERS.lenet = explorer(spec);
    return { weights };
  },
};
const LATE = "What this explorer needs could not be loaded, so its still picture stays. Load the page again to try once more.";

/** @param {HTMLElement} box */
async function mount(box) {
  const kind = box.dataset.d2lx ?? "", still = /** @type {HTMLElement} */ (box.querySelector(".d2lx-still")), place = document.createElement("div");
  if (box.dataset.live || !(EXPLORERS[kind] || LATER[kind])) return;
  box.dataset.live = "1";
  let more = {};
  if (LATER[kind]) {
    try {
      more = await LATER[kind]();
    } catch {
      box.append(h("p", { class: "d2lx-note", role: "status" }, LATE));
      return;
    }
  }
  const raw = JSON.parse(box.querySelector('script[type="application/json"]')?.textContent ?? "");
  const { fields, start, fixed } = EXPLORERS[kind].describe(raw);
  const asked = fromQuery(box.id, location.search);
  const { state, notes } = clean(fields, start, asked.given);
  const query = () => toQuery(box.id, fields, start, state, location.search);
  const address = () => { const q = query(); return location.pathname + (q && `?${q}`) + location.hash; };
  let timer = 0;
  const keep = () => {
    clearTimeout(timer); // browsers allow only so many changes of the address in a while
    timer = setTimeout(() => { try { history.replaceState(null, "", address()); } catch { /* not allowed here */ } }, 150);
  };
  const link = () => { const q = query(); return location.href.split(/[?#]/)[0] + (q && `?${q}`) + `#${box.id}`; };
  Object.assign(state, more, fixed, { kind, label: box.dataset.label, start, notes: [...notes, ...asked.notes] });
  box.append(place);
  try {
    render({ model: stubModel(state, keep), el: place, link });
  } catch (error) {
    place.remove(); // the still picture stays
    console.error(error);
    return;
  }
  still.hidden = true;
}

function begin() {
  const near = new IntersectionObserver((seen) => {
    for (const { isIntersecting, target } of seen) {
      if (isIntersecting) { near.unobserve(target); mount(/** @type {HTMLElement} */ (target)); }
    }
  }, { rootMargin: "400px" });
  document.querySelectorAll("[data-d2lx]").forEach((box) => near.observe(box));
}
if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
else begin();
