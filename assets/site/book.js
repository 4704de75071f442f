/* What the theme leaves open: boxes that scroll, and paper, which is always white. */
(() => {
  "use strict";
  const root = document.documentElement;

  // A box that scrolls sideways must be reachable by keyboard; one that does not must not stop it.
  const boxes = "div.math, .bd-article .cell_output .output, .pst-scrollable-table-container";
  const mark = () => document.querySelectorAll(boxes).forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
  addEventListener("load", mark);
  addEventListener("resize", mark);

  let theme;
  addEventListener("beforeprint", () => {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
  });
  addEventListener("afterprint", () => { root.dataset.theme = theme; });
})();
