// @ts-check
// Buttons that move a state on: one step at a time, or by themselves until the end.
import { button } from "./controls.js";
import { h } from "./dom.js";

/**
 * A part of a stage. `move(state, 1)` gives the fields one step on, `move(state, -1)` one step back, null at an
 * end. Nothing starts by itself; playing stops at the end, with the button, with Escape. A reader who asked
 * for less motion gets the last picture at once.
 * @param {import("./stage.js").Stage} stage
 * @param {{ move: (q: any, far: number) => any, first: any, pause: number, what: string }} how
 * @returns {import("./stage.js").Part}
 */
export function player(stage, { move, first, pause, what }) {
  let timer = 0;
  const play = button("Play", () => (timer ? stop() : start()));
  const escape = (/** @type {KeyboardEvent} */ event) => { if (event.key === "Escape") stop(); };
  const step = (/** @type {number} */ far) => button(far > 0 ? "Step ▶" : "◀ Back", () => {
    const to = move(stage.state(), far);
    stop();
    if (to) stage.put(to, "step");
    else stage.announce(`This is the ${far > 0 ? "last" : "first"} ${what}.`);
  });
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
    document.removeEventListener("keydown", escape, true);
  }
  function start() {
    const begin = move(stage.state(), 1) ? {} : first;
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      let end = { ...stage.state(), ...begin };
      for (let to = end; to; to = move(end, 1)) end = { ...end, ...to };
      stage.put(end, "play");
      return;
    }
    stage.put(begin, "play");
    play.textContent = "Stop";
    document.addEventListener("keydown", escape, true);
    timer = window.setInterval(() => {
      const to = move(stage.state(), 1);
      if (to) stage.put(to, "play");
      if (!to || !move(stage.state(), 1)) stop();
    }, pause);
  }
  return {
    where: "controls", end: stop,
    element: h("div", { class: "d2lx-actions" }, button("First", () => { stop(); stage.put(first, "step"); }), step(-1), step(1), play),
  };
}
