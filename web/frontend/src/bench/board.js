/** The grids as all parts of the workbench show them; each part draws itself anew when they change. */
export class Board extends EventTarget {
  /**
   * @param {import("./plan.js").Grid[]} grids
   * @param {Record<string, import("./plan.js").Band>} bands
   * @param {import("./status.js").Holds} holds
   */
  constructor(grids, bands, holds) {
    super();
    Object.assign(this, { grids, bands, holds });
  }

  /** @param {string | null} code */
  grid(code) {
    return code === null ? undefined : this.grids.find((grid) => grid.code === code);
  }

  /**
   * @param {import("./plan.js").Grid[]} grids
   * @param {import("./status.js").Holds} holds
   */
  show(grids, holds) {
    Object.assign(this, { grids, holds });
    this.dispatchEvent(new Event("change"));
  }
}
