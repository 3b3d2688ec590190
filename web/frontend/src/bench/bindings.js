/** What binds the selected grid, asked of the service when someone wants to know: bands, neighbours, barriers, locks. */
import { make } from "../dom.js";
import { decimal, gettext, ngettext, number, pick } from "../words.js";
import { RequestError, load } from "./api.js";

/** Who goes through the table with the arrows is not waited for at every grid. */
const PAUSE_MS = 200;

export class Bindings {
  /**
   * @param {string} url the code of a grid goes to its end
   * @param {import("./board.js").Board} board
   * @param {import("./selection.js").Selection} selection
   */
  constructor(url, board, selection) {
    Object.assign(this, { url, board, selection });
    this.turn = 0;
    this.body = make("div", { "aria-live": "polite" });
    this.element = make("details", { class: "bindings" }, make("summary", {}, gettext("What binds it")), this.body);
    this.element.addEventListener("toggle", () => this.ask(0));
    selection.addEventListener("select", () => this.ask());
    board.addEventListener("change", () => this.ask());
  }

  /** What was said is of another grid, or of the plan before an edit. */
  ask(pause = PAUSE_MS) {
    this.turn += 1;
    clearTimeout(this.timer);
    const code = this.selection.selected;
    if (!this.element.open || !this.board.grid(code)) return;
    if (this.told !== code) this.body.replaceChildren(make("p", { class: "quiet" }, gettext("Looking …")));
    const turn = this.turn;
    this.timer = setTimeout(async () => {
      const parts = await this.found(code);
      if (turn !== this.turn) return;
      this.told = code;
      this.body.replaceChildren(...parts);
    }, pause);
  }

  async found(code) {
    try {
      return this.write(await load(this.url + encodeURIComponent(code)));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return [make("p", { class: "quiet" }, error.message)];
    }
  }

  write(told) {
    const metres = (length) => (length < 1000 ? gettext("%(length)s m", { length: number(length) }) : gettext("%(length)s km", { length: decimal(length / 1000, 1) }));
    const along = [
      [told.barriers, gettext("along what nobody can cross (water, railway, motorway)")],
      [told.community_m, gettext("along the edge of its community")],
      [told.jurisdiction_m, gettext("along the edge of the jurisdiction")],
    ].filter(([length]) => length >= 1);
    const rows = [
      told.fixed && gettext("It is locked or given, and stays as it is."),
      told.held > 0 && ngettext("%(num)s locked unit stays in it.", "%(num)s locked units stay in it.", told.held),
      ...told.tight.map(({ zh, en }) => gettext("Close to a limit: %(what)s.", { what: pick(zh, en) })),
      ...along.map(([length, where]) => gettext("%(length)s of its outline %(where)s.", { length: metres(length), where })),
      !told.fixed && !told.held && !told.tight.length && !along.length && gettext("Nothing but its neighbours: its lines may be moved."),
    ].filter(Boolean);
    const beside = told.neighbours.map((code) => this.neighbour(code, told.beside_locked.includes(code)));
    const bounded = !this.board.grid(told.code)?.bounds.east;
    return [
      bounded && make("p", {}, pick(told.bounds.zh, told.bounds.en)),
      rows.length && make("ul", {}, ...rows.map((text) => make("li", {}, text))),
      beside.length && make("p", { class: "row" }, make("span", { class: "quiet" }, gettext("Beside it")), ...beside),
    ].filter(Boolean);
  }

  neighbour(code, locked) {
    const grid = this.board.grid(code);
    return make("button", {
      type: "button", class: "link", title: grid?.name,
      onmouseenter: () => this.selection.point(code), onmouseleave: () => this.selection.point(null),
      onclick: () => this.selection.select(code, { from: "why" }),
    }, grid?.short ?? code, locked ? ` (${gettext("locked")})` : "");
  }
}
