/** The grids as a table, farthest off target first; the selected row is the selected grid of the map. */
import { make } from "../dom.js";
import { gettext, number, signed } from "../words.js";
import { measureOf } from "./plan.js";

/**
 * @param {HTMLElement} place
 * @param {import("./board.js").Board} board
 * @param {import("./selection.js").Selection} selection
 * @param {import("./colouring.js").Colouring} colouring
 */
export function showTable(place, board, selection, colouring) {
  const { bands } = board;
  const measure = measureOf(bands);
  const band = bands[measure];
  const target = band && (band.low + band.high) / 2;
  const columns = [
    { name: gettext("Grid"), by: (grid) => grid.code, cell: codeCell },
    { name: gettext("Households"), by: (grid) => grid.households, cell: (grid) => number(grid.households) },
    { name: gettext("Population"), by: (grid) => grid.population, cell: (grid) => number(grid.population) },
    target && {
      name: gettext("Off target"),
      title: gettext("From the middle of the band, %(target)s", { target: number(target) }),
      by: (grid) => Math.abs(grid.deviation),
      cell: (grid) => signed(grid[measure] - target),
    },
  ].filter(Boolean);
  let sorted = columns.at(-1);
  let down = true;
  let rows = new Map();
  const body = make("tbody");
  const heads = columns.map((column) =>
    make("th", { scope: "col" }, make("button", { type: "button", title: column.title, onclick: () => sortBy(column) }, column.name)));

  function rowOf(grid) {
    const cells = columns.map(({ cell }) => make("td", {}, cell(grid, colouring)));
    const row = make("tr", { "data-code": grid.code, class: grid.kept ? null : "out" }, ...cells);
    row.onclick = () => selection.select(grid.code, { from: "table" });
    row.onmouseenter = () => selection.point(grid.code);
    row.onmouseleave = () => selection.point(null);
    return row;
  }

  /** The row that is there, if it says the same; making hundreds anew would hold an edit up. */
  function keptRow(row, grid) {
    const told = [grid.name, grid.households, grid.population, colouring.tokenOf(grid), grid.kept, grid.explained].join();
    if (row?.dataset.told === told) return row;
    const made = rowOf(grid);
    made.dataset.told = told;
    return made;
  }

  function sortBy(column) {
    down = column === sorted ? !down : column !== columns[0];
    sorted = column;
    order();
  }

  function order() {
    const value = sorted.by;
    const found = [...board.grids].sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) || (a.code < b.code ? -1 : 1));
    if (down) found.reverse();
    body.replaceChildren(...found.map((grid) => rows.get(grid.code)));
    heads.forEach((head, at) =>
      head.setAttribute("aria-sort", columns[at] !== sorted ? "none" : down ? "descending" : "ascending"));
  }

  body.onkeydown = (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const next = step && event.target.closest("tr")[step];
    if (!next) return;
    event.preventDefault();
    next.querySelector("button").focus();
    selection.select(next.dataset.code, { from: "table" });
  };
  function mark() {
    for (const [one, row] of rows) {
      row.classList.toggle("selected", one === selection.selected);
      row.querySelector("button").setAttribute("aria-pressed", String(one === selection.selected));
    }
  }

  /** Scroll the table alone, and a row clear of its head: the panel around it stays where it is. */
  function reveal(row) {
    const [box, at, head] = [place, row, heads[0]].map((one) => one.getBoundingClientRect());
    if (at.top < box.top + head.height) place.scrollTop -= box.top + head.height - at.top;
    else if (at.bottom > box.bottom) place.scrollTop += at.bottom - box.bottom;
  }

  function fill() {
    const focused = place.contains(document.activeElement) && document.activeElement.closest("tr")?.dataset.code;
    const before = rows;
    rows = new Map(board.grids.map((grid) => [grid.code, keptRow(before.get(grid.code), grid)]));
    mark();
    order();
    if (focused) rows.get(focused)?.querySelector("button").focus();
  }

  selection.addEventListener("select", ({ detail: { code, from } }) => {
    mark();
    if (code && from !== "table" && rows.has(code)) reveal(rows.get(code));
  });
  board.addEventListener("change", fill);
  colouring.addEventListener("change", fill);
  fill();
  place.replaceChildren(make("table", { "aria-label": gettext("Grids") }, make("thead", {}, make("tr", {}, ...heads)), body));
}

function codeCell(grid, colouring) {
  const dot = make("i", { class: "dot" });
  dot.style.background = `var(${colouring.tokenOf(grid)})`;
  const sign = grid.kept ? null : make("span", { class: "sign", title: signOf(grid) }, grid.below ? "▼" : "▲");
  return make("button", { type: "button", "aria-pressed": "false", title: grid.name }, dot, grid.short, sign);
}

const signOf = (grid) =>
  grid.explained ? gettext("Outside the band, for a reason that is known") : gettext("Outside the band");
