/** The tools at the left, and what each makes of the hand on the map. */
import { make } from "../dom.js";
import { gettext } from "../words.js";
import { showEffect } from "./effect.js";

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
   * @param {{tools: HTMLElement, effect: HTMLElement, say: (text: string) => void}} given.places
   * @param {string} given.iconUrl
   */
  constructor(given) {
    super();
    Object.assign(this, given);
    /** Units chosen by hand, to be moved together. */
    this.units = [];
    /**
     * Which units a stroke, box or lasso takes: of every grid, of the one where it begins, or of one grid (its code).
     *
     * @type {"every" | "begun" | string}
     */
    this.from = "every";
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
      box: this.strokes.box(this.gathering()),
      lasso: this.strokes.lasso(this.gathering()),
      line: this.strokes.line({ end: (line) => this.cut(line) }),
    }[tool]);
    if (tool === "pick" || tool === "line") this.gather([]);
    this.dispatchEvent(new CustomEvent("tool", { detail: { tool } }));
  }

  gathering() {
    return {
      start: (unit) => this.aim(unit),
      move: (units) => this.drawing.choose(this.wanted(units)),
      end: (units) => this.gather(this.wanted(units)),
    };
  }

  /** @param {"every" | "begun" | string} from */
  takeFrom(from) {
    this.from = from;
    this.dispatchEvent(new CustomEvent("tool", { detail: { tool: this.tool } }));
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
    this.source = this.from === "begun" ? this.began : this.from;
  }

  /** Those units that are of the grid that is taken from. */
  wanted(units) {
    return this.from === "every" ? units : units.filter((unit) => this.draft.of[unit] === this.source);
  }

  /** Those units that a stroke may take: not there already, not locked, of the grid that is taken from. */
  allowed(units) {
    return this.draft.free(this.wanted(units)).filter((unit) => this.draft.of[unit] !== this.target);
  }

  hover(units, to) {
    const effects = units.length && (to === null || this.draft.grids.has(to)) ? this.draft.preview(this.draft.free(units), to) : [];
    this.drawing.choose(units, to, effects.flatMap((effect) => effect.stray));
    showEffect(this.places.effect, this.draft, effects);
  }

  stroke(units) {
    const taken = this.allowed(units);
    if (this.target && taken.length) {
      this.move(taken, this.target);
      return;
    }
    this.hover([], null);
    const stays = this.wanted(units).some((unit) => this.draft.of[unit] !== this.target);
    if (this.target && this.draft.isHeld(this.target)) this.places.say(gettext("Grid %(code)s is locked and takes nothing.", { code: this.draft.shortOf(this.target) }));
    else if (stays) this.places.say(gettext("What was brushed is locked and stays."));
    else if (units.some((unit) => this.draft.of[unit] !== this.target)) this.places.say(gettext("Nothing was taken: only units of one grid are wanted. Press O to change that."));
  }

  /** Move units, and show it at once; what the service makes of it follows. */
  async move(units, to) {
    const before = units.map((unit) => this.draft.of[unit]);
    const told = await this.commands.move(units, to);
    // what nobody else moved stays chosen where some of it went elsewhere meanwhile
    this.gather(told || !this.commands.strayed ? [] : units.filter((unit, at) => this.draft.of[unit] === before[at]));
    return told;
  }

  /** Choose units, to be moved or locked by what the panel offers. */
  gather(units) {
    this.units = units;
    this.drawing.choose(units);
    this.places.effect.hidden = true;
    this.dispatchEvent(new CustomEvent("units", { detail: { units } }));
  }

  toggle(unit) {
    const at = this.units.indexOf(unit);
    this.gather(at < 0 ? [...this.units, unit] : this.units.filter((one) => one !== unit));
  }

  cut(line) {
    const code = this.selection.selected;
    if (!code) {
      this.places.say(gettext("Choose the grid to be split first, then draw across it from edge to edge."));
      return;
    }
    this.commands.splitAlong(code, line).then((told) => told && this.take("pick"));
  }
}
