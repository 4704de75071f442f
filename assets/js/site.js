// The static site: every box of the page becomes live when it comes near the window.
import { bring } from "./data.js";
import { h } from "./dom.js";
import { EXPLORERS, render } from "./index.js";
import { explorer } from "./stage.js";
import { clean, fromQuery, stubModel, toQuery } from "./state.js";

const LATE = "What this explorer needs could not be loaded, so its still picture stays. Load the page again to try once more.";

/** Load an explorer where it is not there yet; resolves to what it holds beside the page's state. @param {string} kind */
async function ready(kind) {
  EXPLORERS[kind] ??= explorer(await bring(`explorer-${kind}`));
  const needs = Object.entries(EXPLORERS[kind].spec?.needs ?? {}), values = await Promise.all(needs.map(([, name]) => bring(name)));
  return Object.fromEntries(needs.map(([name], i) => [name, values[i]]));
}

/** @param {HTMLElement} box */
async function mount(box) {
  const kind = box.dataset.d2lx ?? "", still = /** @type {HTMLElement} */ (box.querySelector(".d2lx-still")), place = document.createElement("div");
  if (box.dataset.live) return;
  box.dataset.live = "1";
  let more = {};
  try {
    more = await ready(kind);
  } catch {
    box.append(h("p", { class: "d2lx-note", role: "status" }, LATE));
    return;
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
      if (!isIntersecting) continue;
      near.unobserve(target);
      mount(/** @type {HTMLElement} */ (target)).catch(console.error); // the still picture stays
    }
  }, { rootMargin: "400px" });
  document.querySelectorAll("[data-d2lx]").forEach((box) => near.observe(box));
}
if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
else begin();
