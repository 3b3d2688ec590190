/** The line at the bottom: what holds of the whole plan. */
import { make } from "../dom.js";
import { gettext, number } from "../words.js";

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
 * @param {Holds} holds
 */
export function showStatus(place, { grids, kept, explained, cut, gap_m2: gap, overlap_m2: overlap }) {
  const area = (value) => (value < NOTHING_M2 ? "0" : gettext("%(area)s m²", { area: number(value) }));
  const items = [
    [kept + explained === grids, gettext("Bands kept %(kept)s of %(grids)s", { kept: number(kept), grids: number(grids) })],
    [true, gettext("%(count)s explained", { count: number(explained) }), explained === 0],
    [cut === 0, gettext("%(count)s buildings cut", { count: number(cut) })],
    [gap < NOTHING_M2, gettext("gap %(area)s", { area: area(gap) })],
    [overlap < NOTHING_M2, gettext("overlap %(area)s", { area: area(overlap) })],
  ];
  place.replaceChildren(...items.filter(([, , left]) => !left).map(([good, text]) =>
    make("span", { class: good ? "holds" : "fails" }, make("span", { "aria-hidden": "true" }, good ? "✓" : "✗"), ` ${text}`)));
}
