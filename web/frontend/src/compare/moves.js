/** Who goes from which grid to which, most households first; a row leads to its place on the map. */
import { make } from "../dom.js";
import { gettext, ngettext, number } from "../words.js";

/** Rows shown at first: more than people read, and quick to draw. */
const FIRST = 150;

/**
 * @typedef {object} Move
 * @property {string} key
 * @property {string} from code of a grid of the plan before
 * @property {string} to code of a grid of the plan after
 * @property {string} left the same, short
 * @property {string} reached the same, short
 * @property {number} buildings
 * @property {number} households
 * @property {number} population
 * @property {number} colour of the grid it goes to
 * @property {[number, number][][][]} pieces of land, each its rings, latitude and longitude
 * @property {[number, number][][]} rings of all of them
 * @property {{lat: number, lng: number} | null} label
 */

/**
 * @param {any} found what the service says
 * @param {import("../bench/plan.js").Grid[]} before
 * @param {import("../bench/plan.js").Grid[]} after
 * @returns {Move[]}
 */
export function readMoves({ moves }, before, after) {
  const [old, grids] = [before, after].map((side) => new Map(side.map((grid) => [grid.code, grid])));
  return moves.map((move) => {
    const pieces = (move.geometry?.coordinates ?? []).map((rings) => rings.map((ring) => ring.map(([lng, lat]) => [lat, lng])));
    const { colour, short } = grids.get(move.to);
    const left = old.get(move.from).short;
    return {
      ...move,
      key: `${move.from}>${move.to}`,
      colour,
      pieces,
      rings: pieces.flat(),
      label: move.label && { lat: move.label[1], lng: move.label[0] },
      left,
      reached: short,
      // what its label says
      short: `→ ${short}`, name: `${left} → ${short}`, kept: true,
    };
  });
}

/**
 * @param {HTMLElement} place
 * @param {object} given
 * @param {Move[]} given.moves
 * @param {"codes" | "overlap"} given.matched how grids of one plan were found in the other
 * @param {{moves: string, buildings: string}} given.urls of the tables
 * @param {import("../bench/selection.js").Selection} given.selection
 */
export function showMoves(place, { moves, matched, urls, selection }) {
  if (!moves.length) {
    place.replaceChildren(make("p", { class: "quiet" }, gettext("Nobody moves.")));
    return;
  }
  const heads = [gettext("From"), gettext("To"), gettext("Households"), gettext("Population"), gettext("Buildings")];
  const body = make("tbody");
  const rows = new Map();
  const add = (some) => {
    for (const move of some) rows.set(move.key, rowOf(move, selection));
    body.append(...some.map((move) => rows.get(move.key)));
    mark();
  };
  function mark() {
    for (const [key, row] of rows) {
      row.classList.toggle("selected", key === selection.selected);
      row.classList.toggle("pointed", key === selection.pointed);
      row.querySelector("button").setAttribute("aria-pressed", String(key === selection.selected));
    }
  }
  const rest = moves.slice(FIRST);
  const more = rest.length > 0 && make("button", { type: "button", class: "button small", onclick: () => {
    more.remove();
    add(rest);
  } }, ngettext("Show %(num)s more", "Show %(num)s more", rest.length));
  body.onkeydown = (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const next = step && event.target.closest("tr")[step];
    if (!next) return;
    event.preventDefault();
    next.querySelector("button").focus();
    selection.select(next.dataset.key, { from: "list" });
  };
  selection.addEventListener("point", mark);
  selection.addEventListener("select", ({ detail: { code, from } }) => {
    if (from === "map" && code && !rows.has(code)) more.click();
    mark();
    if (from === "map") rows.get(code)?.scrollIntoView({ block: "nearest" });
  });
  add(moves.slice(0, FIRST));
  const file = (url, text) => make("a", { href: url, download: true }, text);
  place.replaceChildren(
    matched === "overlap" ? make("p", { class: "quiet" }, gettext("The plans number their grids each in its own way: a grid is the one that it shares most with, whatever its number.")) : "",
    make("p", { class: "files" }, file(urls.moves, gettext("This list (CSV)")), file(urls.buildings, gettext("Every building (CSV)"))),
    make("table", { "aria-label": gettext("Who moves") },
      make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))), body),
    more || "");
}

function rowOf(move, selection) {
  const dot = make("i", { class: "dot" });
  dot.style.background = `var(--grid-${move.colour})`;
  const lead = make("button", { type: "button", "aria-pressed": "false", "aria-label": move.name }, move.left);
  const row = make("tr", { "data-key": move.key, class: move.buildings ? null : "land" },
    make("td", {}, lead), make("td", { class: "to" }, dot, move.reached),
    ...[move.households, move.population, move.buildings].map((count) => make("td", {}, number(count))));
  row.onclick = () => selection.select(selection.selected === move.key ? null : move.key, { from: "list" });
  row.onmouseenter = () => selection.point(move.key);
  row.onmouseleave = () => selection.point(null);
  return row;
}
