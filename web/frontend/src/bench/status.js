/** The line at the bottom: what holds of the whole plan. */
import { make } from "../dom.js";
import { gettext, ngettext, number } from "../words.js";

/**
 * @typedef {object} Holds
 * @property {number} grids
 * @property {number} kept how many keep all bands
 * @property {number} explained how many break one for a reason
 * @property {number} cut buildings that a boundary cuts
 * @property {number} gap_m2
 * @property {number} overlap_m2
 */

/** So small, m², is an error of floating point, not of a plan. */
const NOTHING_M2 = 1;

/**
 * @param {HTMLElement} place
 * @param {import("./board.js").Board} board
 * @param {import("./selection.js").Selection} selection
 */
export function showStatus(place, board, selection) {
  const broken = () => board.grids.filter((grid) => !grid.kept && !grid.explained).map((grid) => grid.code);
  /** Go to the next grid that breaks something without a reason. */
  const next = () => {
    const codes = broken();
    if (codes.length) selection.select(codes[(codes.indexOf(selection.selected) + 1) % codes.length], { from: "status" });
  };
  const write = () => {
    const { grids, kept, explained, cut, gap_m2: gap, overlap_m2: overlap } = board.holds;
    const area = (value) => (value < NOTHING_M2 ? "0" : gettext("%(area)s m²", { area: number(value) }));
    const open = grids - kept - explained;
    const items = [
      [open <= 0, gettext("Bands kept %(kept)s of %(grids)s", { kept: number(kept), grids: number(grids) })],
      explained > 0 && [true, gettext("%(count)s explained", { count: number(explained) })],
      [cut === 0, gettext("%(count)s buildings cut", { count: number(cut) })],
      [gap < NOTHING_M2, gettext("gap %(area)s", { area: area(gap) })],
      [overlap < NOTHING_M2, gettext("overlap %(area)s", { area: area(overlap) })],
    ].filter(Boolean);
    const told = items.map(([good, text]) =>
      make("span", { class: good ? "holds" : "fails" }, make("span", { "aria-hidden": "true" }, good ? "✓" : "✗"), ` ${text}`));
    const lead = open > 0 && broken().length > 0 && make("button", { type: "button", class: "link", onclick: next },
      ngettext("Show %(num)s grid to be mended", "Show the next of %(num)s to be mended", open));
    place.replaceChildren(...[told[0], lead, ...told.slice(1)].filter(Boolean));
  };
  board.addEventListener("change", write);
  write();
}
