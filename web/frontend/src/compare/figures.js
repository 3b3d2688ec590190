/** The figures of both plans side by side, and what became of whom. */
import { make } from "../dom.js";
import { decimal, gettext, number, percent, signed } from "../words.js";

/**
 * @param {HTMLElement} place
 * @param {any} found what the service says
 */
export function showFigures(place, found) {
  const both = [found.before.figures, found.after.figures];
  const km = (metres) => gettext("%(km)s km", { km: decimal(metres / 1000, 1) });
  const lines = [found.boundary_m.before, found.boundary_m.after];
  const row = (name, [was, is], change = "") => make("tr", {},
    make("th", { scope: "row" }, name), make("td", {}, was), make("td", {}, is), make("td", { class: "change" }, change));
  const count = (name, key) => row(name, both.map((one) => number(one[key])), differs(both[1][key] - both[0][key]));
  const share = (name, key) => row(name, both.map((one) => (one[key] === null ? "–" : percent(one[key]))), points(both[1][key] - both[0][key]));
  const kept = both.map((one) => `${number(one.kept)}/${number(one.grids)}`);
  place.replaceChildren(
    make("table", { "aria-label": gettext("Figures of both plans") },
      make("thead", {}, make("tr", {}, make("th", {}), ...[gettext("Before"), gettext("After"), gettext("Change")].map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {},
        count(gettext("Grids"), "grids"),
        row(gettext("In band"), kept, differs(both[1].kept - both[0].kept)),
        row(gettext("Households of a grid"), both.map((one) => `${number(one.fewest)}–${number(one.most)}`)),
        share(gettext("Loads differ by"), "spread"),
        row(gettext("Length of the lines"), lines.map(km), lines[1] - lines[0] ? gettext("%(change)s m", { change: signed(lines[1] - lines[0]) }) : ""),
        share(gettext("Along visible lines"), "visible_share"))),
    make("dl", { class: "became" }, ...became(found)));
}

function became({ moved, new: fresh, demolished, households, buildings, boundary_m: lines }) {
  const told = (counts) => gettext("%(buildings)s buildings, %(households)s households, %(people)s people", {
    buildings: number(counts.buildings), households: number(counts.households), people: number(counts.population),
  });
  const items = [
    [gettext("To other grids"), gettext("%(counts)s: %(share)s of the households, %(of)s of the buildings", {
      counts: told(moved), share: percent(households ? moved.households / households : 0), of: percent(moved.buildings / buildings),
    })],
    fresh.buildings && [gettext("New buildings"), told(fresh)],
    demolished.buildings && [gettext("Buildings that are gone"), told(demolished)],
    lines.after && [gettext("Lines as before"), percent(lines.shared / lines.after)],
  ];
  return items.filter(Boolean).map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text)));
}

const differs = (change) => (change ? signed(change) : "");

/** A change of a share, in percentage points. */
function points(change) {
  const rounded = Math.round(change * 1000) / 10;
  return rounded ? gettext("%(points)s pt", { points: `${rounded > 0 ? "+" : "−"}${decimal(Math.abs(rounded), 1)}` }) : "";
}
