/** The tools at the left, and what each makes of the hand on the map. */
import { make } from "../dom.js";
import { gettext } from "../words.js";
import { harms, showEffect } from "./effect.js";

/** @typedef {"pick" | "brush" | "box" | "lasso" | "line"} Tool */

/** Tool -> its key and icon. */
export const TOOLS = { pick: ["v", "pick"], brush: ["b", "brush"], box: ["r", "box"], lasso: ["l", "lasso"], line: ["d", "line"] };

export class Tools extends EventTarget {
  /**
   * @param {object} given
   * @param {import("./draft.js").Draft} given.draft
   * @param {import("./canvas.js").Drawing} given.drawing
   * @param {import("./strokes.js").Strokes} given.strokes
   * @param {import("./mesh.js").UnitFinder} given.finder
   * @param {import("./commands.js").Commands} given.commands
   * @param {import("../bench/selection.js").Selection} given.selection
   * @param {{tools: HTMLElement, effect: HTMLElement, say: (text: string, kind?: string) => void}} given.places
   * @param {string} given.iconUrl
   */
  constructor(given) {
    super();
    Object.assign(this, given);
    /** Units chosen by hand, to be moved together. */
    this.units = [];
    /** Only units of the grid where a stroke or box began are taken. */
    this.onlyFrom = false;
    this.buttons = new Map(Object.keys(TOOLS).map((tool) => [tool, this.button(tool)]));
    this.places.tools.append(...this.buttons.values());
    this.listen();
    this.take("pick");
  }

  names() {
    return {
      pick: gettext("Choose a grid"),
      brush: gettext("Brush units into the chosen grid"),
      box: gettext("Choose units with a box"),
      lasso: gettext("Choose units with a lasso"),
      line: gettext("Split the chosen grid along a line"),
    };
  }

  button(tool) {
    const [key, icon] = TOOLS[tool];
    const name = this.names()[tool];
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.setAttribute("class", "icon");
    picture.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${this.iconUrl}#${icon}`);
    picture.append(use);
    return make("button", {
      type: "button", "data-tool": tool, title: `${name} (${key.toUpperCase()})`, "aria-label": name,
      "aria-keyshortcuts": key, "aria-pressed": "false", onclick: () => this.take(tool),
    }, picture);
  }

  /** @param {Tool} tool */
  take(tool) {
    this.tool = tool;
    for (const [name, button] of this.buttons) button.setAttribute("aria-pressed", String(name === tool));
    this.strokes.use({
      pick: null,
      brush: this.strokes.brush({ start: (unit) => this.aim(unit), move: (units) => this.hover(this.allowed(units), this.target), end: (units) => this.stroke(units) }),
      box: this.strokes.box({ move: (units) => this.drawing.choose(units), end: (units) => this.gather(units) }),
      lasso: this.strokes.lasso({ move: (units) => this.drawing.choose(units), end: (units) => this.gather(units) }),
      line: this.strokes.line({ end: (line) => this.cut(line) }),
    }[tool]);
    if (tool === "pick" || tool === "line") this.gather([]);
    this.dispatchEvent(new CustomEvent("tool", { detail: { tool } }));
  }

  listen() {
    const { leaflet } = this.drawing.map;
    leaflet.on("click", ({ latlng, originalEvent }) => {
      if (this.tool !== "pick") return;
      const unit = this.finder.at(...this.drawing.inMesh(latlng));
      const code = unit < 0 ? null : this.draft.of[unit];
      if (originalEvent.shiftKey && unit >= 0) this.toggle(unit);
      else this.selection.select(code === this.selection.selected ? null : code, { from: "map" });
    });
    leaflet.on("mousemove", ({ latlng }) => this.point(this.finder.at(...this.drawing.inMesh(latlng))));
    leaflet.on("mouseout", () => this.point(-1));
  }

  /** Show the grid under the pointer; with the brush, what moving the unit there would do. */
  point(unit) {
    if (this.strokes.pressed || unit === this.pointed) return;
    this.pointed = unit;
    this.selection.point(unit < 0 ? null : this.draft.of[unit]);
    const target = this.selection.selected;
    if (this.tool === "brush" && unit >= 0 && target) this.hover(this.draft.of[unit] === target ? [] : [unit], target);
    else if (!this.units.length) this.hover([], null);
    this.dispatchEvent(new CustomEvent("point", { detail: { unit } }));
  }

  /** Begin a stroke: into the chosen grid, else out of the grid it begins in. */
  aim(unit) {
    this.began = unit < 0 ? null : this.draft.of[unit];
    this.target = this.selection.selected ?? this.began;
    this.source = this.onlyFrom && this.target !== this.began ? this.began : null;
  }

  /** Those units that a stroke may take: not held where they are, of the source where there is one. */
  allowed(units) {
    return units.filter((unit) => {
      const code = this.draft.of[unit];
      const grid = this.draft.grids.get(code);
      return code !== this.target && !grid.locked && !grid.fixed && (!this.source || code === this.source);
    });
  }

  hover(units, to) {
    this.drawing.choose(units, to);
    showEffect(this.places.effect, this.draft, units.length && (to === null || this.draft.grids.has(to)) ? this.draft.preview(units, to) : []);
  }

  stroke(units) {
    const taken = this.allowed(units);
    if (!this.target || !taken.length) {
      this.hover([], null);
      const locked = this.draft.held(units);
      if (locked.length) this.places.say(gettext("%(codes)s is locked and stays as it is.", { codes: locked.join(", ") }), "attention");
      return;
    }
    this.move(taken, this.target);
  }

  /** Move units, and show it at once; what the service makes of it follows. */
  async move(units, to) {
    const harm = harms(this.draft.preview(units, to));
    const told = await this.commands.move(units, to);
    this.gather([]);
    if (told && harm) this.dispatchEvent(new CustomEvent("harm", { detail: { told } }));
    return told;
  }

  /** Choose units, to be moved by what the panel offers. */
  gather(units) {
    this.units = this.source ? units.filter((unit) => this.draft.of[unit] === this.source) : units;
    this.hover(this.units, null);
    if (!this.units.length) this.places.effect.hidden = true;
    this.dispatchEvent(new CustomEvent("units", { detail: { units: this.units } }));
  }

  toggle(unit) {
    const at = this.units.indexOf(unit);
    this.gather(at < 0 ? [...this.units, unit] : this.units.filter((one) => one !== unit));
  }

  cut(line) {
    const code = this.selection.selected;
    if (!code) {
      this.places.say(gettext("Choose the grid to be split first, then draw across it from edge to edge."), "attention");
      return;
    }
    this.commands.splitAlong(code, line).then((told) => told && this.take("pick"));
  }
}
