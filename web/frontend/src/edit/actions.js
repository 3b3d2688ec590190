/** What can be done with the chosen grid or the chosen units: a part of the panel, every button with its key. */
import { make } from "../dom.js";
import { measureOf } from "../bench/plan.js";
import { gettext, ngettext, number } from "../words.js";
import { showEffect } from "./effect.js";

/** So many grids to move to are offered. */
const OFFERED = 6;

export class Actions {
  /**
   * @param {object} given
   * @param {HTMLElement} given.place
   * @param {import("./draft.js").Draft} given.draft
   * @param {import("./tools.js").Tools} given.tools
   * @param {import("./commands.js").Commands} given.commands
   * @param {import("../bench/selection.js").Selection} given.selection
   */
  constructor(given) {
    Object.assign(this, given);
    this.draft.addEventListener("change", () => this.write());
    this.selection.addEventListener("select", () => this.write());
    this.tools.addEventListener("units", () => this.write());
    this.write();
  }

  write() {
    const { units } = this.tools;
    const code = this.selection.selected;
    const parts = units.length ? this.ofUnits(units) : code && this.draft.grids.has(code) ? this.ofGrid(code) : [this.advice()];
    this.place.replaceChildren(...parts);
  }

  advice() {
    return make("p", { class: "quiet" }, gettext("Choose a grid, or choose units with the box or the lasso. Press ? for all keys."));
  }

  ofUnits(units) {
    const { draft } = this;
    const count = (name) => units.reduce((sum, unit) => sum + draft.mesh.counts[name][unit], 0);
    const measure = measureOf(draft.bands);
    const near = new Map();
    for (const unit of units) {
      for (const code of [draft.of[unit], ...draft.beside(unit)]) near.set(code, (near.get(code) ?? 0) + 1);
    }
    const open = [...near.keys()].filter((code) => {
      const grid = draft.grids.get(code);
      return !grid.locked && !grid.fixed && units.some((unit) => draft.of[unit] !== code);
    });
    const ranked = open.sort((a, b) => draft.grids.get(a)[measure] - draft.grids.get(b)[measure]).slice(0, OFFERED);
    const held = draft.held(units);
    return [
      make("p", {}, ngettext("%(num)s unit with %(households)s households", "%(num)s units with %(households)s households", units.length, {
        households: number(count("households")),
      })),
      held.length && make("p", { class: "note attention" }, gettext("%(codes)s is locked and stays as it is.", { codes: held.join(", ") })),
      make("div", { class: "offers", role: "group", "aria-label": gettext("Move them to") },
        ...ranked.map((code) => this.offer(units, code)), this.offer(units, null)),
      make("button", { type: "button", class: "link", onclick: () => this.tools.gather([]) }, gettext("Let them be")),
    ].filter(Boolean);
  }

  offer(units, to) {
    const effects = this.draft.preview(units, to);
    const line = make("span", { class: "effects" });
    showEffect(line, this.draft, effects.slice(0, 1));
    return make("button", {
      type: "button", class: "offer", "data-to": to ?? "",
      onmouseenter: () => this.tools.hover(units, to),
      onfocus: () => this.tools.hover(units, to),
      onmouseleave: () => this.tools.hover(units, null),
      onclick: () => this.tools.move(units, to),
    }, gettext("Move to"), " ", line);
  }

  ofGrid(code) {
    const { draft, commands } = this;
    const grid = draft.grids.get(code);
    if (grid.fixed) return [make("p", { class: "note" }, gettext("This grid is given and stays as it is."))];
    const lock = make("button", { type: "button", class: "button", "aria-keyshortcuts": "k", onclick: () => commands.lock([code], !grid.locked) },
      grid.locked ? gettext("Unlock") : gettext("Lock"));
    if (grid.locked) return [make("p", { class: "note" }, gettext("Locked: it stays as it is until you unlock it.")), lock];
    return [
      make("div", { class: "row" },
        make("button", { type: "button", class: "button", "aria-keyshortcuts": "s", onclick: () => commands.split(code) }, gettext("Split in two")),
        make("button", { type: "button", class: "button", "aria-keyshortcuts": "g", onclick: () => this.resolve(code) }, gettext("Balance with its neighbours")),
        lock),
      make("p", { class: "quiet" }, gettext("Merge with")),
      make("div", { class: "row", role: "group", "aria-label": gettext("Merge with") }, ...this.neighbours(code).map((other) => this.merging(code, other))),
    ];
  }

  merging(code, other) {
    const { draft, commands } = this;
    const measure = measureOf(draft.bands);
    const sum = draft.grids.get(code)[measure] + draft.grids.get(other)[measure];
    const band = draft.bands[measure];
    const good = !band || (sum >= band.low && sum <= band.high);
    return make("button", {
      type: "button", class: `button ${good ? "good" : ""}`,
      title: gettext("Together %(count)s", { count: number(sum) }),
      onmouseenter: () => this.selection.point(other), onmouseleave: () => this.selection.point(null),
      onclick: () => commands.merge([code, other]),
    }, make("b", {}, other), make("span", { class: "quiet" }, `${number(sum)} ${good ? "✓" : "✗"}`));
  }

  /** The grids beside one that may be changed. */
  neighbours(code) {
    const found = new Set();
    for (const unit of this.draft.members.get(code)) for (const other of this.draft.beside(unit)) found.add(other);
    return [...found].filter((other) => !this.draft.grids.get(other).locked && !this.draft.grids.get(other).fixed).sort();
  }

  resolve(code) {
    return this.commands.resolve([code, ...this.neighbours(code)]);
  }
}
