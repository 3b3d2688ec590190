/** Why the selected grid is as it is: its counts, what bounds it, and the reason where it breaks a band. */
import { make } from "../dom.js";
import { decimal, gettext, number, pick, signed } from "../words.js";
import { measureOf } from "./plan.js";

const SIDES = ["east", "south", "west", "north"];

/**
 * @param {HTMLElement} place
 * @param {import("./board.js").Board} board
 * @param {{reasons: Reason[], summary: {zh: string, en: string}}} plan
 * @param {import("./selection.js").Selection} selection
 *
 * @typedef {{grid: string | null, reason: string, reason_zh: string, remedy: string, remedy_zh: string}} Reason
 */
export function showWhy(place, board, plan, selection) {
  const write = () => {
    const grid = board.grid(selection.selected);
    place.replaceChildren(...(grid ? about(grid, board.bands, grid.reasons ?? plan.reasons.filter((one) => one.grid === grid.code)) : [
      make("p", {}, pick(plan.summary.zh, plan.summary.en)),
      make("p", { class: "quiet" }, gettext("Select a grid on the map or in the table to see what makes it as it is.")),
    ]));
  };
  selection.addEventListener("select", write);
  board.addEventListener("change", write);
  write();
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
    listOf("sides", sides.map((side) => [words[side], pick(grid.bounds[side].zh, grid.bounds[side].en)])),
    ...reasons.map(reasonOf),
  ];
}

const listOf = (kind, rows) =>
  make("dl", { class: kind }, ...rows.map(([name, ...more]) => make("div", {}, make("dt", {}, name), make("dd", {}, ...more))));

function reasonOf({ reason, reason_zh: reasonZh, remedy, remedy_zh: remedyZh }) {
  return make("p", { class: "reason" }, pick(reasonZh, reason), " ", make("span", { class: "quiet" }, pick(remedyZh, remedy)));
}

function stateOf(grid) {
  if (grid.kept) return make("span", { class: "state good" }, "✓ ", gettext("within the band"));
  const how = grid.over ? gettext("outside by %(count)s", { count: signed(grid.over) }) : gettext("outside a band");
  return make("span", { class: "state overdue" }, grid.below ? "▼ " : "▲ ", how);
}

const spanOf = (band) => band && `${number(band.low)}–${number(band.high)}`;
const hectares = (area) => gettext("%(area)s ha", { area: decimal(area / 10_000, area < 100_000 ? 2 : 1) });
