/** A draft as it stands in the browser: the grid of every unit, what the grids hold, and what a change would do. */
import { shorten } from "../bench/plan.js";
import { pick } from "../words.js";
import { ints } from "./mesh.js";

/**
 * @typedef {object} Effect what a change would do to one grid
 * @property {string | null} code null: a new grid
 * @property {Record<string, number>} before counts
 * @property {Record<string, number>} after
 * @property {{rule: string, low: number | null, high: number | null, value: number}[]} breaks bands it would be outside of
 * @property {number} pieces parts it would be in
 * @property {number[]} stray its units outside the largest part
 * @property {boolean} empty it would have no unit left
 */

const COUNTS = ["households", "population", "buildings"];

export class Draft extends EventTarget {
  /**
   * @param {import("./mesh.js").Mesh} mesh
   * @param {any} standing JSON of `/api/v1/plans/…/standing`
   * @param {string} parent what all codes of the plan begin with
   */
  constructor(mesh, standing, parent) {
    super();
    this.mesh = mesh;
    this.parent = parent;
    this.mark = new Int32Array(mesh.units);
    this.turn = 0;
    this.stand(standing);
  }

  /** Take how the plan stands from the service, whole. */
  stand(told) {
    this.place(told);
    this.bands = told.bands;
    /** @type {Map<string, any>} code -> what the service says of the grid */
    this.grids = new Map(told.grids.map((grid) => [grid.code, grid]));
    /** @type {string[]} code of the grid of every unit */
    const at = ints(told.grid);
    this.of = Array.from(at, (number) => told.grids[number].code);
    /** Units that stay in their grid. */
    this.locked = new Set(told.held);
    this.breaches = new Map();
    for (const breach of told.breaches) this.addBreach(breach);
    this.collect();
    this.dispatchEvent(new CustomEvent("change", { detail: { codes: null } }));
  }

  /** The units of some grids, by code. */
  seen(codes) {
    return Object.fromEntries(codes.map((code) => [code, this.members.get(code) ?? []]));
  }

  /** Units by the grid they are in. */
  grouped(units) {
    const found = {};
    for (const unit of units) (found[this.of[unit]] ??= []).push(unit);
    return found;
  }

  /** Take what an edit did from the service's answer. */
  apply(told) {
    this.place(told);
    for (const code of told.retired) this.grids.delete(code);
    for (const [code, units] of Object.entries(told.moved)) for (const unit of units) this.of[unit] = code;
    for (const grid of told.grids) this.grids.set(grid.code, grid);
    const touched = new Set([...told.grids.map((grid) => grid.code), ...told.retired]);
    for (const { code } of told.mended) this.breaches.delete(code);
    for (const code of [...told.retired, ...told.breaches.map((breach) => breach.code)]) this.breaches.delete(code);
    for (const breach of told.breaches) this.addBreach(breach);
    this.collect();
    this.dispatchEvent(new CustomEvent("change", { detail: { codes: touched } }));
  }

  place({ version, step, last }) {
    this.version = version;
    this.step = step;
    this.last = last;
  }

  addBreach(breach) {
    const list = this.breaches.get(breach.code);
    if (list) list.push(breach);
    else this.breaches.set(breach.code, [breach]);
  }

  collect() {
    /** @type {Map<string, number[]>} code -> its units */
    this.members = new Map([...this.grids.keys()].map((code) => [code, []]));
    for (let unit = 0; unit < this.of.length; unit += 1) this.members.get(this.of[unit]).push(unit);
  }

  get canUndo() {
    return this.step > 0;
  }

  get canRedo() {
    return this.step < this.last;
  }

  nameOf(code) {
    const grid = this.grids.get(code);
    return pick(grid.name, grid.name_en);
  }

  shortOf(code) {
    return shorten(code, this.parent);
  }

  /** Whether a grid stays as it is. */
  isHeld(code) {
    const grid = this.grids.get(code);
    return grid.locked || grid.fixed;
  }

  /** Those of some units that may be moved: neither locked themselves nor in a grid that is. */
  free(units) {
    return units.filter((unit) => !this.locked.has(unit) && !this.isHeld(this.of[unit]));
  }

  /**
   * What moving units to a grid would do, grid by grid, the one they go to first.
   *
   * @param {number[]} units
   * @param {string | null} to code; null: a new grid
   * @returns {Effect[]}
   */
  preview(units, to) {
    const moved = units.filter((unit) => this.of[unit] !== to);
    const from = new Map();
    for (const unit of moved) {
      const list = from.get(this.of[unit]);
      if (list) list.push(unit);
      else from.set(this.of[unit], [unit]);
    }
    if (!moved.length) return [];
    const effects = [this.effect(to, [...(to === null ? [] : this.members.get(to)), ...moved])];
    for (const [code, gone] of from) {
      const left = this.without(code, gone);
      effects.push(this.effect(code, left));
    }
    return effects;
  }

  without(code, gone) {
    this.turn += 1;
    for (const unit of gone) this.mark[unit] = this.turn;
    return this.members.get(code).filter((unit) => this.mark[unit] !== this.turn);
  }

  effect(code, units) {
    const { counts, measures } = this.mesh;
    const before = code === null ? Object.fromEntries(COUNTS.map((name) => [name, 0])) : this.grids.get(code);
    const after = Object.fromEntries(COUNTS.map((name) => [name, sumOf(counts[name], units)]));
    const breaks = units.length ? measures.flatMap((measure) => breaking(measure, units)) : [];
    const { parts, stray } = this.parts(units);
    return { code, before, after, breaks, pieces: parts, stray, empty: units.length === 0 };
  }

  /**
   * How many parts some units are in, walking from one to the next, and which units are not in that with most households.
   *
   * @param {number[]} units
   * @returns {{parts: number, stray: number[]}}
   */
  parts(units) {
    const { start, of } = this.mesh.neighbours;
    this.turn += 1;
    const [open, seen] = [this.turn, this.turn + 1];
    this.turn += 1;
    for (const unit of units) this.mark[unit] = open;
    const { households } = this.mesh.counts;
    const parts = [];
    const stack = [];
    for (const root of units) {
      if (this.mark[root] !== open) continue;
      const part = { units: [], households: 0 };
      parts.push(part);
      this.mark[root] = seen;
      stack.push(root);
      while (stack.length) {
        const unit = stack.pop();
        part.units.push(unit);
        part.households += households[unit];
        for (let i = start[unit]; i < start[unit + 1]; i += 1) {
          if (this.mark[of[i]] === open) {
            this.mark[of[i]] = seen;
            stack.push(of[i]);
          }
        }
      }
    }
    parts.sort((a, b) => b.households - a.households || b.units.length - a.units.length);
    return { parts: parts.length, stray: parts.slice(1).flatMap((part) => part.units) };
  }

  /** The grids beside a unit, the one with most neighbours of it first. */
  beside(unit) {
    const { start, of } = this.mesh.neighbours;
    const links = new Map();
    for (let i = start[unit]; i < start[unit + 1]; i += 1) {
      const code = this.of[of[i]];
      if (code !== this.of[unit]) links.set(code, (links.get(code) ?? 0) + 1);
    }
    return [...links].sort((a, b) => b[1] - a[1]).map(([code]) => code);
  }
}

function sumOf(values, units) {
  let sum = 0;
  for (const unit of units) sum += values[unit];
  return sum;
}

function breaking({ rule, low, high, whole, counts, soft }, units) {
  const sum = sumOf(counts, units);
  if ((low === null || sum >= low) && (high === null || sum <= high)) return [];
  const told = (value) => (value === null ? null : value / whole);
  return [{ rule, low: told(low), high: told(high), value: sum / whole, soft }];
}
