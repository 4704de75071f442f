// What is pointed at: hover = focus = tap. A pinned cell stays when the pointer leaves.

/** A link between grids; `changed()` runs when the pointed or the pinned cell changes. */
export function makeLink(changed) {
  let over = null, pinned = { grid: "output", r: 0, c: 0 };
  const same = (a, b) => a?.grid === b?.grid && a?.r === b?.r && a?.c === b?.c;
  const go = (next) => { if (!same(next, over)) { over = next; changed(); } };
  return {
    point: (grid, r, c) => go({ grid, r, c }),
    leave: () => go(null),
    pin(grid, r, c) {
      if (grid === "output") pinned = { grid, r, c };
      over = { grid, r, c };
      changed();
    },
    free() { pinned = { grid: "output", r: 0, c: 0 }; over = null; changed(); },
    /** The output cell to explain, inside m×m, and the cell under the pointer. */
    now(m) {
      const chosen = over?.grid === "output" ? over : pinned;
      return { i: Math.min(chosen.r, m - 1), j: Math.min(chosen.c, m - 1), over, pinned };
    },
  };
}
