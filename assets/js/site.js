// The static site: every box of the page becomes live when it comes near the window.
import { EXPLORERS, render } from "./index.js";
import { clean, fromQuery, stubModel, toQuery } from "./state.js";

/** @param {HTMLElement} box */
function mount(box) {
  const explorer = EXPLORERS[box.dataset.d2lx ?? ""], still = /** @type {HTMLElement} */ (box.querySelector(".d2lx-still"));
  if (!explorer || box.dataset.live) return;
  box.dataset.live = "1";
  const raw = JSON.parse(box.querySelector('script[type="application/json"]')?.textContent ?? "");
  const { fields, start, fixed } = explorer.describe(raw);
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
  Object.assign(state, fixed, { kind: box.dataset.d2lx, label: box.dataset.label, start, notes: [...notes, ...asked.notes] });
  const place = document.createElement("div");
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
