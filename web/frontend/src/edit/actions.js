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
    this.choice = make("select", {
      "aria-label": gettext("Which units are taken"), "aria-keyshortcuts": "o", onchange: () => this.tools.takeFrom(this.choice.value),
    });
    this.draft.addEventListener("change", () => this.write());
    this.selection.addEventListener("select", () => this.write());
    this.tools.addEventListener("units", () => this.write());
    this.tools.addEventListener("tool", () => this.write());
    this.write();
  }

  write() {
    const { units, tool } = this.tools;
    const code = this.selection.selected;
    const parts = units.length ? this.ofUnits(units) : code && this.draft.grids.has(code) ? this.ofGrid(code) : [this.advice()];
    const filter = ["brush", "box", "lasso"].includes(tool) ? this.filter() : null;
    const focused = document.activeElement === this.choice;
    this.place.replaceChildren(...[filter, ...parts].filter(Boolean));
    if (focused) this.choice.focus();
  }

  advice() {
    return make("p", { class: "quiet" }, gettext("Choose a grid, or choose units with the box or the lasso. Press ? for all keys."));
  }

  /** Which units the hand takes. */
  filter() {
    const { draft, tools } = this;
    if (!["every", "begun"].includes(tools.from) && !draft.grids.has(tools.from)) tools.from = "every";
    const codes = [...draft.grids.keys()].sort();
    if (this.offered !== codes.join()) {
      const option = (value, text) => make("option", { value }, text);
      this.choice.replaceChildren(
        option("every", gettext("Take units of every grid")),
        option("begun", gettext("Only of the grid where I begin")),
        ...codes.map((code) => option(code, gettext("Only of grid %(code)s", { code: draft.shortOf(code) }))));
      this.offered = codes.join();
    }
    this.choice.value = tools.from;
    return this.choice;
  }

  ofUnits(units) {
    const { draft } = this;
    const free = draft.free(units);
    const count = (name) => units.reduce((sum, unit) => sum + draft.mesh.counts[name][unit], 0);
    const measure = measureOf(draft.bands);
    const near = new Map();
    for (const unit of free) {
      for (const code of [draft.of[unit], ...draft.beside(unit)]) near.set(code, (near.get(code) ?? 0) + 1);
    }
    const open = [...near.keys()].filter((code) => !draft.isHeld(code) && free.some((unit) => draft.of[unit] !== code));
    const ranked = open.sort((a, b) => draft.grids.get(a)[measure] - draft.grids.get(b)[measure]).slice(0, OFFERED);
    const all = units.every((unit) => draft.locked.has(unit));
    return [
      make("p", {}, ngettext("%(num)s unit with %(households)s households", "%(num)s units with %(households)s households", units.length, {
        households: number(count("households")),
      })),
      free.length < units.length && make("p", { class: "note attention" },
        ngettext("%(num)s of them is locked and stays.", "%(num)s of them are locked and stay.", units.length - free.length)),
      free.length > 0 && make("div", { class: "offers", role: "group", "aria-label": gettext("Move them to") },
        ...ranked.map((code) => this.offer(free, code)), this.offer(free, null)),
      make("div", { class: "row" },
        make("button", { type: "button", class: "button", "aria-keyshortcuts": "k", onclick: () => this.lockUnits(units) }, all ? gettext("Unlock") : gettext("Lock")),
        make("button", { type: "button", class: "link", onclick: () => this.tools.gather([]) }, gettext("Let them be"))),
    ].filter(Boolean);
  }

  /** Lock units; unlock them where all are locked. */
  async lockUnits(units) {
    const on = !units.every((unit) => this.draft.locked.has(unit));
    const told = await this.commands.lockUnits(units, on);
    if (told) this.tools.gather([]);
    return told;
  }

  lockGrid(code) {
    return this.commands.lock([code], !this.draft.grids.get(code).locked);
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
    }, line);
  }

  ofGrid(code) {
    const { draft, commands } = this;
    const grid = draft.grids.get(code);
    if (grid.fixed) return [make("p", { class: "note" }, gettext("This grid is given and stays as it is."))];
    const button = (key, text, work, title) =>
      make("button", { type: "button", class: "button", title, "aria-keyshortcuts": key, onclick: work }, text);
    const lock = button("k", grid.locked ? gettext("Unlock") : gettext("Lock"), () => this.lockGrid(code));
    if (grid.locked) return [make("p", { class: "note" }, gettext("Locked: it stays as it is until you unlock it.")), lock];
    const beside = this.neighbours(code);
    const held = draft.members.get(code).filter((unit) => draft.locked.has(unit));
    return [
      make("div", { class: "row" },
        button("s", gettext("Split in two"), () => commands.split(code)),
        beside.length > 0 && button("g", gettext("Balance"), () => this.balance(code), gettext("Even out with its neighbours; as few households as possible move")),
        beside.length > 0 && button(null, gettext("Divide anew"), () => commands.resolve([code, ...beside]), gettext("Divide it and its neighbours from scratch; all others stay")),
        lock),
      held.length > 0 && make("p", { class: "row" }, ngettext("%(num)s locked unit stays in it.", "%(num)s locked units stay in it.", held.length),
        make("button", { type: "button", class: "link", onclick: () => commands.lockUnits(held, false) }, gettext("Unlock"))),
      beside.length > 0 && make("div", { class: "row merges", role: "group", "aria-label": gettext("Merge with") },
        make("span", { class: "quiet" }, gettext("Merge with")), ...this.partners(code, beside).map((other) => this.merging(code, other))),
    ].filter(Boolean);
  }

  /** Those to merge with that come nearest to the target. */
  partners(code, beside) {
    const { draft } = this;
    const measure = measureOf(draft.bands);
    const band = draft.bands[measure];
    const off = (other) => Math.abs(draft.grids.get(code)[measure] + draft.grids.get(other)[measure] - (band ? (band.low + band.high) / 2 : 0));
    return [...beside].sort((a, b) => off(a) - off(b)).slice(0, OFFERED);
  }

  merging(code, other) {
    const { draft, commands } = this;
    const measure = measureOf(draft.bands);
    const sum = draft.grids.get(code)[measure] + draft.grids.get(other)[measure];
    const band = draft.bands[measure];
    const good = !band || (sum >= band.low && sum <= band.high);
    return make("button", {
      type: "button", class: `button ${good ? "good" : ""}`,
      title: gettext("%(name)s: together %(count)s", { name: draft.nameOf(other), count: number(sum) }),
      onmouseenter: () => this.selection.point(other), onmouseleave: () => this.selection.point(null),
      onclick: () => commands.merge([code, other]),
    }, make("b", {}, draft.shortOf(other)), make("span", { class: "quiet" }, `${number(sum)} ${good ? "✓" : "✗"}`));
  }

  /** The grids beside one that may be changed. */
  neighbours(code) {
    const found = new Set();
    for (const unit of this.draft.members.get(code)) for (const other of this.draft.beside(unit)) found.add(other);
    return [...found].filter((other) => !this.draft.isHeld(other)).sort();
  }

  balance(code) {
    return this.commands.balance([code, ...this.neighbours(code)]);
  }
}
