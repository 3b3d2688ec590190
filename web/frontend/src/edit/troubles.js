/** What an edit has broken, said at once beside the map, each with the way to the place and back. */
import { make } from "../dom.js";
import { gettext, pick } from "../words.js";

export class Troubles {
  /**
   * @param {object} given
   * @param {HTMLElement} given.place
   * @param {import("./draft.js").Draft} given.draft
   * @param {import("./canvas.js").Drawing} given.drawing
   * @param {import("./commands.js").Commands} given.commands
   * @param {import("../bench/selection.js").Selection} given.selection
   */
  constructor(given) {
    Object.assign(this, given);
    this.commands.addEventListener("state", ({ detail: { state, told } }) => {
      // locks and undoing are answered with all that is broken, long since or not
      if (state === "saved") this.show((told?.action ? told.breaches : []).filter((breach) => breach.new && !breach.soft && this.draft.grids.has(breach.code)));
    });
  }

  show(breaches) {
    this.place.hidden = !breaches.length;
    this.place.replaceChildren(...breaches.map((breach) => this.row(breach)), make("p", { class: "row" },
      make("button", { type: "button", class: "link", onclick: () => this.commands.undo() }, gettext("Undo")),
      make("button", { type: "button", class: "link", onclick: () => this.show([]) }, gettext("Leave it"))));
    this.drawing.warn([]);
  }

  row(breach) {
    return make("p", {}, make("span", { class: "sign", "aria-hidden": "true" }, breach.side === "low" ? "▼ " : breach.side ? "▲ " : "✗ "),
      pick(breach.text_zh, breach.text), " ", make("button", { type: "button", class: "link", onclick: () => this.lead(breach) }, gettext("Show where")));
  }

  /** To the grid, or to what of it is cut off. */
  lead({ code, rule }) {
    const { draft, drawing, selection } = this;
    const { stray } = draft.parts(draft.members.get(code));
    const units = rule === "connected" && stray.length ? stray : draft.members.get(code);
    drawing.warn(rule === "connected" ? stray : []);
    selection.select(code, { from: "map" });
    drawing.lead(units);
  }
}
