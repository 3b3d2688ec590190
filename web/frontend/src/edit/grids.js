/** A draft's grids in the form in which the workbench's table, labels and figures take them. */
import { measureOf, shorten } from "../bench/plan.js";
import { pick } from "../words.js";
import { outlinesOf, placeOf, roomIn } from "./room.js";

export class GridRows {
  /** @param {import("./draft.js").Draft} draft */
  constructor(draft) {
    this.draft = draft;
    this.rooms = new Map();
  }

  /**
   * @param {Set<string> | null} codes grids that have changed; null: all
   * @returns {import("../bench/plan.js").Grid[]}
   */
  rows(codes) {
    const { draft } = this;
    const changed = codes ? new Set([...codes].filter((code) => draft.grids.has(code))) : new Set(draft.grids.keys());
    for (const [code, lines] of outlinesOf(draft.mesh, draft.of, changed)) {
      this.rooms.set(code, roomIn(draft.mesh, lines, draft.grids.get(code).label));
    }
    return [...draft.grids.values()].map((grid) => this.row(grid)).sort((a, b) => (a.code < b.code ? -1 : 1));
  }

  row(grid) {
    const measure = measureOf(this.draft.bands);
    const band = this.draft.bands[measure];
    const value = grid[measure];
    const breaches = (this.draft.breaches.get(grid.code) ?? []).filter((breach) => !breach.soft);
    return {
      code: grid.code,
      short: shorten(grid.code, this.draft.parent),
      name: pick(grid.name, grid.name_en),
      households: grid.households,
      population: grid.population,
      buildings: grid.buildings,
      area: grid.area_m2,
      colour: grid.colour,
      bounds: {},
      label: placeOf(grid.label),
      room: this.rooms.get(grid.code),
      over: band ? Math.max(value - band.high, 0) + Math.min(value - band.low, 0) : 0,
      below: breaches.some((breach) => breach.side === "low") && !breaches.some((breach) => breach.side === "high"),
      deviation: band ? value / ((band.low + band.high) / 2) - 1 : 0,
      kept: breaches.length === 0,
      explained: breaches.length > 0 && breaches.every((breach) => breach.side) && grid.reasons.some((reason) => reason.proven),
      reasons: reasonsOf(grid, breaches),
      locked: grid.locked || grid.fixed,
    };
  }

  /** What holds of the whole draft; units are whole and moved whole, so nothing is cut, and no gap can come. */
  holds() {
    const rows = [...this.draft.grids.values()].map((grid) => this.row(grid));
    return {
      grids: rows.length,
      kept: rows.filter((row) => row.kept).length,
      explained: rows.filter((row) => row.explained).length,
      cut: 0,
      gap_m2: 0,
      overlap_m2: 0,
    };
  }
}

/** Proven reasons where there are any; else what is broken, with what would mend it. */
function reasonsOf(grid, breaches) {
  const proven = grid.reasons.filter((reason) => reason.proven);
  if (proven.length && breaches.length) return proven.map(({ zh, en }) => ({ reason: en, reason_zh: zh, remedy: "", remedy_zh: "" }));
  return breaches.map(({ text, text_zh, remedy, remedy_zh }) => ({ reason: text, reason_zh: text_zh, remedy, remedy_zh }));
}
