/** How good a jurisdiction's layers are: what was estimated, what was mended, in plain words. */
import { make } from "../dom.js";
import { gettext, ngettext, number } from "../words.js";

/**
 * @param {HTMLElement} place
 * @param {object} told what the page says
 * @param {{counted: number, estimated: number, empty: number}} told.estimates buildings
 * @param {{layer: string, count: number, ids: string, defect: string, action: string}[]} told.repairs
 */
export function showLayers(place, { estimates: { counted, estimated, empty }, repairs }) {
  const line = (kind, count, text) => (count ? make("li", { class: kind }, make("i", { "aria-hidden": "true" }), text) : null);
  const lines = [
    line("estimated", estimated, ngettext(
      "%(num)s building without counts of its own: estimated from floors and area.",
      "%(num)s buildings without counts of their own: estimated from floors and area.", estimated)),
    line("counted", counted, ngettext(
      "%(num)s building with its households and people counted.",
      "%(num)s buildings with their households and people counted.", counted)),
    line("empty", empty, ngettext(
      "%(num)s building where nobody lives.", "%(num)s buildings where nobody lives.", empty)),
  ];
  const mended = repairs.map(({ layer, count, defect, action, ids }) =>
    make("li", { title: ids || null }, make("strong", {}, layer), ` ${defect} (${number(count)}): ${action}`));
  place.replaceChildren(
    make("ul", { class: "estimates" }, ...lines.filter(Boolean)),
    repairs.length
      ? make("details", { class: "mended" },
        make("summary", {}, ngettext("%(num)s kind of defect was mended", "%(num)s kinds of defects were mended", repairs.length)),
        make("ul", { class: "noticed" }, ...mended))
      : make("p", { class: "inset quiet" }, gettext("Nothing had to be mended.")));
}
