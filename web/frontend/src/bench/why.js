/** Why the selected grid is as it is: its counts, what bounds it, what binds it, the reason where it breaks a band. */
import { make } from "../dom.js";
import { decimal, gettext, ngettext, number, pick, signed } from "../words.js";
import { Bindings } from "./bindings.js";
import { measureOf } from "./plan.js";

const SIDES = ["east", "south", "west", "north"];

/**
 * @param {HTMLElement} place
 * @param {import("./board.js").Board} board
 * @param {{reasons: Reason[], summary: {zh: string, en: string}, editable: boolean, urls: {why: string}}} plan
 * @param {import("./selection.js").Selection} selection
 *
 * @typedef {{grid: string | null, reason: string, reason_zh: string, remedy: string, remedy_zh: string}} Reason
 */
export function showWhy(place, board, plan, selection) {
  const bindings = new Bindings(plan.urls.why, board, selection);
  const write = () => {
    const grid = board.grid(selection.selected);
    const reasons = grid && (grid.reasons ?? plan.reasons.filter((one) => one.grid === grid.code));
    place.replaceChildren(...(grid ? [...about(grid, board.bands, reasons), bindings.element] : [
      make("p", {}, plan.editable ? standing(board) : pick(plan.summary.zh, plan.summary.en)),
      plan.editable && make("p", { class: "quiet" }, gettext("As the draft stands now; its certificate is made when it is handed on.")),
      make("p", { class: "quiet" }, gettext("Select a grid on the map or in the table to see what makes it as it is.")),
    ].filter(Boolean)));
  };
  selection.addEventListener("select", write);
  board.addEventListener("change", write);
  write();
}

/** How a draft stands: what was certified before it was edited no longer counts. */
function standing({ holds }) {
  const open = holds.grids - holds.kept - holds.explained;
  const told = [
    gettext("%(kept)s of %(grids)s grids keep their bands", { kept: number(holds.kept), grids: number(holds.grids) }),
    holds.explained > 0 && ngettext("%(num)s cannot, for a proven reason", "%(num)s cannot, for proven reasons", holds.explained),
    open > 0 && ngettext("%(num)s is to be mended", "%(num)s are to be mended", open),
  ].filter(Boolean);
  const between = gettext("; ");
  return gettext("%(what)s.", { what: told.join(between) });
}

function about(grid, bands, reasons) {
  const words = { east: gettext("East"), south: gettext("South"), west: gettext("West"), north: gettext("North") };
  const sides = SIDES.filter((side) => grid.bounds[side]);
  const facts = [
    [gettext("Households"), number(grid.households), spanOf(bands.households)],
    [gettext("Population"), number(grid.population), spanOf(bands.population)],
    [gettext("Buildings"), number(grid.buildings)],
    [gettext("Area"), hectares(grid.area)],
  ];
  return [
    make("h3", {}, grid.name, " ", make("small", {}, grid.code), " ", bands[measureOf(bands)] ? stateOf(grid) : null),
    listOf("facts", facts.map(([name, text, span]) => [name, text, span && make("small", {}, ` ${span}`)])),
    ...reasons.map(reasonOf),
    listOf("sides", sides.map((side) => [words[side], pick(grid.bounds[side].zh, grid.bounds[side].en)])),
  ];
}

const listOf = (kind, rows) =>
  rows.length ? make("dl", { class: kind }, ...rows.map(([name, ...more]) => make("div", {}, make("dt", {}, name), make("dd", {}, ...more)))) : "";

function reasonOf({ reason, reason_zh: reasonZh, remedy, remedy_zh: remedyZh }) {
  return make("p", { class: "reason" }, pick(reasonZh, reason), " ", make("span", { class: "quiet" }, pick(remedyZh, remedy)));
}

function stateOf(grid) {
  if (grid.kept) return make("span", { class: "state good" }, "✓ ", gettext("within the band"));
  const how = grid.over ? gettext("outside by %(count)s", { count: signed(grid.over) }) : gettext("breaks a rule");
  return make("span", { class: "state overdue" }, grid.below ? "▼ " : grid.over ? "▲ " : "✗ ", how);
}

const spanOf = (band) => band && `${number(band.low)}–${number(band.high)}`;
const hectares = (area) => gettext("%(area)s ha", { area: decimal(area / 10_000, area < 100_000 ? 2 : 1) });
