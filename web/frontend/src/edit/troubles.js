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
    this.commands.addEventListener("state", ({ detail: { state, told, text } }) => {
      // locks and undoing are answered with all that is broken, long since or not
      if (state === "saved") this.show((told?.action ? told.breaches : []).filter((breach) => breach.new && !breach.soft && this.draft.grids.has(breach.code)));
      else if (state === "refused") this.note(text);
    });
  }

  /** Say why something was not done. */
  note(text) {
    this.fill([make("p", {}, sentence(text))], make("button", { type: "button", class: "link", onclick: () => this.fill([]) }, gettext("Close")));
    this.place.classList.add("note-only");
  }

  show(breaches) {
    const grids = new Map();
    for (const breach of breaches) grids.set(breach.code, [...(grids.get(breach.code) ?? []), breach]);
    this.fill([...grids.values()].map((several) => this.row(several)),
      make("button", { type: "button", class: "link", onclick: () => this.commands.undo() }, gettext("Undo")),
      make("button", { type: "button", class: "link", onclick: () => this.fill([]) }, gettext("Leave it")));
    this.drawing.warn([]);
  }

  fill(rows, ...buttons) {
    this.place.classList.remove("note-only");
    this.place.hidden = !rows.length;
    this.place.replaceChildren(...rows, make("p", { class: "row" }, ...buttons));
  }

  /** What a grid breaks now. */
  row(breaches) {
    const worst = breaches.find(({ rule }) => rule === "connected") ?? breaches[0];
    // households and people of a grid are too few together: one of them says it
    const told = breaches.filter(({ side }, at) => !side || breaches.findIndex((one) => one.side === side) === at);
    const sign = worst.side === "low" ? "▼ " : worst.side ? "▲ " : "✗ ";
    const between = gettext("; ");
    return make("p", {}, make("span", { class: "sign", "aria-hidden": "true" }, sign), sentence(told.map(({ text, text_zh: zh }) => pick(zh, text)).join(between)), " ",
      make("button", { type: "button", class: "link", onclick: () => this.lead(worst) }, gettext("Show where")));
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

/** What the service says begins small, as a part of a sentence. */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);
