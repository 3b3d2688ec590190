/** What others did to the draft meanwhile: listed over the map, and marked on it until it was looked at. */
import { make } from "../dom.js";
import { gettext, ngettext, number } from "../words.js";

/** So many lines are shown at once. */
const MOST = 6;

export class News {
  /**
   * @param {object} given
   * @param {HTMLElement} given.main the list lies over it
   * @param {import("./draft.js").Draft} given.draft
   * @param {import("./canvas.js").Drawing} given.drawing
   * @param {import("./commands.js").Commands} given.commands
   */
  constructor({ main, draft, drawing, commands }) {
    Object.assign(this, { draft, drawing });
    /** @type {{who: string, from: string, to: string, units: number[]}[]} newest first */
    this.moves = [];
    this.notes = [];
    this.list = make("ul");
    this.box = make("section", { class: "news", hidden: true, "aria-label": gettext("Changed by others") },
      make("div", { class: "row middle" }, make("h2", {}, gettext("Changed by others")),
        make("button", { type: "button", class: "button small", onclick: () => this.clear() }, gettext("Seen"))),
      make("div", { role: "status" }, this.list));
    main.append(this.box);
    commands.addEventListener("news", ({ detail }) => this.take(detail));
  }

  take({ changes, moved }) {
    if (!changes.length && !moved.length) return;
    const who = [...new Set(changes.map((one) => one.who))].join(", ");
    this.moves = [...moved.map((one) => ({ who, ...one })), ...this.moves];
    const locks = changes.filter(({ edit }) => edit === "lock" || edit === "unlock");
    this.notes = [...locks.map((one) => this.sayLock(one)), ...this.notes];
    if (!moved.length && !locks.length) return;
    this.write();
  }

  write() {
    const lines = [...this.moves.map((move) => this.line(move)), ...this.notes.map((text) => make("li", {}, text))];
    const rest = lines.length - MOST;
    this.list.replaceChildren(...lines.slice(0, MOST), ...(rest > 0 ? [make("li", { class: "quiet" }, ngettext("and %(num)s more", "and %(num)s more", rest))] : []));
    this.drawing.markOthers(this.moves.flatMap(({ units }) => units));
    this.box.hidden = false;
  }

  line({ who, from, to, units }) {
    const households = units.reduce((sum, unit) => sum + this.draft.mesh.counts.households[unit], 0);
    const said = ngettext("%(who)s moved %(num)s unit (%(households)s households) from %(from)s to %(to)s", "%(who)s moved %(num)s units (%(households)s households) from %(from)s to %(to)s",
      units.length, { who, households: number(households), from: this.draft.shortOf(from), to: this.draft.shortOf(to) });
    return make("li", {}, said, " ", make("button", { type: "button", class: "link", onclick: () => this.drawing.lead(units) }, gettext("Show where")));
  }

  clear() {
    this.moves = [];
    this.notes = [];
    this.drawing.markOthers([]);
    this.box.hidden = true;
  }

  sayLock({ who, edit, codes = [], units = 0 }) {
    const what = [codes.map((code) => this.draft.shortOf(code)).join(gettext(", ")),
      units ? ngettext("%(num)s unit", "%(num)s units", units) : ""].filter(Boolean).join(gettext(", "));
    return edit === "lock" ? gettext("%(who)s locked %(what)s", { who, what }) : gettext("%(who)s unlocked %(what)s", { who, what });
  }
}
