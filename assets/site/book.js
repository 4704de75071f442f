/* Boxes that scroll sideways must be reachable by keyboard; boxes that do not must not stop it. */
(() => {
  "use strict";
  const boxes = "div.math, .bd-article .cell_output .output, .pst-scrollable-table-container";
  const mark = () => document.querySelectorAll(boxes).forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
  const printed = document.getElementById("jb-print-docs-body");
  if (printed) printed.setAttribute("aria-hidden", "true");
  addEventListener("load", mark);
  addEventListener("resize", mark);
})();
