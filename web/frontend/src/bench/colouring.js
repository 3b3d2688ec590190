/** By what grids are coloured: so that neighbours differ, by load, by how far off target, by housing type. */
import { gettext, number, percent } from "../words.js";
import { stepOf } from "./histogram.js";
import { measureOf } from "./plan.js";

/** @typedef {"grid" | "load" | "deviation" | "housing"} Mode */

/** How opaque a fill is: colours that mean a number must be told from each other. */
const FILL = { grid: 0.27, load: 0.6, deviation: 0.6, housing: 0.45 };
/** So much of the way from the target to a limit is on target. */
const NEAR = 0.4;

export class Colouring extends EventTarget {
  /** @type {Mode} */
  mode = "grid";

  /**
   * Which housing type most households of a grid live in, by code; null: the plan knows no types, or they were not asked for.
   *
   * @type {{names: string[], of: Map<string, number>} | null}
   */
  housing = null;

  /**
   * @param {import("./board.js").Board} board
   * @param {boolean} types whether the plan knows several housing types
   */
  constructor(board, types) {
    super();
    Object.assign(this, { board, types });
    this.measure = measureOf(board.bands);
    this.band = board.bands[this.measure];
  }

  /** What can be told of this plan's grids by colour. */
  get modes() {
    return ["grid", "load", this.band && "deviation", this.types && "housing"].filter(Boolean);
  }

  next() {
    this.use(this.modes[(this.modes.indexOf(this.mode) + 1) % this.modes.length]);
  }

  /** @param {Mode} mode */
  use(mode) {
    this.mode = mode;
    this.tell();
  }

  tell() {
    this.dispatchEvent(new Event("change"));
  }

  get fill() {
    return FILL[this.mode];
  }

  /** Counts where the next of five colours begins, the two limits of the band among them. */
  get steps() {
    const { band, board, measure, mode } = this;
    if (band && mode === "deviation") {
      const [middle, half] = [(band.low + band.high) / 2, (band.high - band.low) / 2];
      return [band.low, middle - NEAR * half, middle + NEAR * half, band.high].map(Math.round);
    }
    if (band) return [0, 1, 2, 3].map((third) => Math.round(band.low + ((band.high - band.low) * third) / 3));
    const values = board.grids.map((grid) => grid[measure]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const step = stepOf(high - low, 5);
    return [1, 2, 3, 4].map((at) => Math.floor(low / step) * step + at * step);
  }

  /**
   * @param {{code: string, colour: number, households: number, population: number}} grid
   * @returns {string} the name of a colour in `tokens.css`
   */
  tokenOf(grid) {
    if (this.mode === "grid") return `--grid-${grid.colour}`;
    if (this.mode === "housing") return `--grid-${(this.housing?.of.get(grid.code) ?? 0) % 6}`;
    return `--${this.mode}-${this.classOf(grid[this.measure]) + 1}`;
  }

  /** Which of the five colours a count has; both limits of the band are within it. */
  classOf(value) {
    const steps = this.steps;
    const above = steps.filter((from, at) => (at === 3 && this.band ? value > from : value >= from)).length;
    return above;
  }

  /** What a label says beside the name, the longest wish first. */
  textsOf(grid) {
    const households = gettext("%(count)s households", { count: number(grid.households) });
    if (this.mode === "housing" && this.housing) return [this.housing.names[this.housing.of.get(grid.code)] ?? ""];
    if (this.mode === "deviation" && this.band) {
      const share = `${grid.deviation > 0 ? "+" : grid.deviation < 0 ? "−" : ""}${percent(Math.abs(grid.deviation))}`;
      return [`${households} ${share}`, share];
    }
    const people = gettext("%(count)s people", { count: number(grid.population) });
    return [`${households} · ${people}`, households, number(grid.households)];
  }
}

/**
 * The housing type that most households of each grid live in.
 *
 * @param {import("../edit/mesh.js").Mesh} mesh
 * @param {string[]} of code of the grid of every unit
 * @param {(zh: string, en: string) => string} pick
 * @returns {{names: string[], of: Map<string, number>} | null}
 */
export function housingOf(mesh, of, pick) {
  if (!mesh.housing.length) return null;
  const sums = new Map();
  for (let unit = 0; unit < of.length; unit += 1) {
    if (!sums.has(of[unit])) sums.set(of[unit], new Array(mesh.housing.length).fill(0));
    const row = sums.get(of[unit]);
    mesh.housing.forEach(({ households }, type) => {
      row[type] += households[unit];
    });
  }
  return {
    names: mesh.housing.map(({ zh, en }) => pick(zh, en)),
    of: new Map([...sums].map(([code, row]) => [code, row.indexOf(Math.max(...row))])),
  };
}
