/** Whose grids change, and by how much: grid by grid, and officer by officer. */
import { make } from "../dom.js";
import { gettext, number, signed } from "../words.js";

/**
 * @typedef {object} Shown
 * @property {any[]} rows of the grids, as the service says
 * @property {import("../bench/plan.js").Grid[]} before
 * @property {import("../bench/plan.js").Grid[]} after
 * @property {import("./highlight.js").Highlight} highlight
 */

/**
 * @param {HTMLElement} place
 * @param {Shown} given
 */
export function showGrids(place, { rows, before, after, highlight }) {
  const shorts = new Map([...before, ...after].map((grid) => [grid.code, grid.short]));
  const changed = rows.filter((row) => row.changed).sort((a, b) => turnover(b) - turnover(a));
  fill(place, gettext("No grid changes."), changed, [
    [gettext("Grid"), (row) => nameOf(row, shorts)],
    [gettext("Before"), (row) => (row.code === null ? "–" : number(row.households_before))],
    [gettext("After"), (row) => (row.code_after === null ? "–" : number(row.households_after))],
    [gettext("Join"), (row) => amount(row.households_in + row.households_new, 1)],
    [gettext("Leave"), (row) => amount(row.households_out + row.households_demolished, -1)],
  ], (row) => ringsOf([row], before, after), highlight);
}

/**
 * @param {HTMLElement} place
 * @param {Shown & {officers: any[] | null}} given
 */
export function showOfficers(place, { officers, rows, before, after, highlight }) {
  if (officers === null) {
    place.replaceChildren(make("p", { class: "quiet" }, gettext("Who serves where is not for your role.")));
    return;
  }
  const mine = (officer) => rows.filter((row) => officer.changed.includes(row.code ?? row.code_after));
  fill(place, gettext("Nobody posted today has a grid that changes."), officers, [
    [gettext("Who serves"), (one) => one.name],
    [gettext("Grids changed"), (one) => `${number(one.changed.length)}/${number(one.grids)}`, (one) => one.changed.join(", ")],
    [gettext("Join"), (one) => amount(one.households_in + one.households_new, 1)],
    [gettext("Leave"), (one) => amount(one.households_out + one.households_demolished, -1)],
    [gettext("After"), (one) => number(one.households_after)],
  ], (one) => ringsOf(mine(one), before, after), highlight);
}

/** A table whose rows outline what they are about; the first column is the button for it. */
function fill(place, none, rows, columns, rings, highlight) {
  if (!rows.length) {
    place.replaceChildren(make("p", { class: "quiet" }, none));
    return;
  }
  const body = make("tbody", {}, ...rows.map((row) => {
    const [first, ...others] = columns.map(([, cell, title]) => [cell(row), title?.(row)]);
    const line = make("tr", {}, make("td", {}, make("button", { type: "button" }, first[0])),
      ...others.map(([text, title]) => make("td", { title }, text)));
    line.onclick = () => highlight.show(rings(row), { zoom: true });
    return line;
  }));
  place.replaceChildren(make("table", { "aria-label": place.getAttribute("aria-label") },
    make("thead", {}, make("tr", {}, ...columns.map(([head]) => make("th", { scope: "col" }, head)))), body));
}

const turnover = (row) => row.households_in + row.households_out + row.households_new + row.households_demolished;

const amount = (value, sign) => (value ? signed(sign * value) : "");

function nameOf({ code, code_after: now }, shorts) {
  const [was, is] = [shorts.get(code), shorts.get(now)];
  if (code === null) return gettext("%(code)s (new)", { code: is });
  if (now === null) return gettext("%(code)s (gone)", { code: was });
  return code === now ? is : `${was} → ${is}`;
}

function ringsOf(rows, before, after) {
  const of = (grids, code) => grids.find((grid) => grid.code === code)?.rings ?? [];
  return rows.flatMap((row) => (row.code_after === null ? of(before, row.code) : of(after, row.code_after)));
}
