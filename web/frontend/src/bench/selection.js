/** Which grid is selected, and which the pointer is on: map, table and histogram all go by it. */
export class Selection extends EventTarget {
  /** @type {string | null} code of a grid */
  selected = null;

  /** @type {string | null} code of a grid */
  pointed = null;

  /**
   * @param {string | null} code
   * @param {{from?: string}} [how] `from`: the part that it was chosen in, which need not bring it into view
   */
  select(code, { from = "" } = {}) {
    if (code === this.selected) return;
    this.selected = code;
    this.dispatchEvent(new CustomEvent("select", { detail: { code, from } }));
  }

  /** @param {string | null} code */
  point(code) {
    if (code === this.pointed) return;
    this.pointed = code;
    this.dispatchEvent(new CustomEvent("point", { detail: { code } }));
  }
}
