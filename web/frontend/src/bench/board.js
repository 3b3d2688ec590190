/** The grids as all parts of the workbench show them; each part draws itself anew when they change. */
export class Board extends EventTarget {
  /**
   * @param {import("./plan.js").Grid[]} grids
   * @param {Record<string, import("./plan.js").Band>} bands
   */
  constructor(grids, bands) {
    super();
    this.grids = grids;
    this.bands = bands;
  }

  /** @param {string | null} code */
  grid(code) {
    return code === null ? undefined : this.grids.find((grid) => grid.code === code);
  }

  /** @param {import("./plan.js").Grid[]} grids */
  show(grids) {
    this.grids = grids;
    this.dispatchEvent(new Event("change"));
  }
}
