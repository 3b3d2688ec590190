/** The page of two plans: it asks what differs and shows it on the map and in the panel, which follow each other. */
import { RequestError, load } from "../bench/api.js";
import { readGrids } from "../bench/plan.js";
import { Selection } from "../bench/selection.js";
import { make } from "../dom.js";
import { gettext, number, percent } from "../words.js";
import { showFigures } from "./figures.js";
import { Highlight } from "./highlight.js";
import { Moved } from "./moved.js";
import { readMoves, showMoves } from "./moves.js";
import { Side } from "./sides.js";
import { Swipe } from "./swipe.js";
import { showGrids, showOfficers } from "./touched.js";

const get = (id) => document.getElementById(id);

/**
 * @param {object} given
 * @param {import("../map/index.js").GridMap} given.map
 * @param {any} given.told what the page says, see `pages/compare.py`
 * @param {import("../shell/panels.js").Panels} given.panels
 */
export async function startComparison({ map, told, panels }) {
  get("with").onchange = ({ target }) => location.assign(`${told.urls.page}?with=${target.value}`);
  get("figures").replaceChildren(make("p", { class: "quiet", role: "status" }, gettext("Comparing …")));
  let found;
  try {
    found = await load(told.urls.comparison);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    get("figures").replaceChildren(make("p", { class: "note fault", role: "alert" },
      gettext("They could not be compared: %(reason)s", { reason: error.message })));
    return;
  }
  const [before, after] = [found.before, found.after].map((side) => readGrids(side.grids, side));
  if (found.matched === "codes") colourAlike(before, after);
  const selection = new Selection();
  const moves = readMoves(found, before, after);
  const highlight = new Highlight(map);
  const sides = { before: new Side(map, "before", before), after: new Side(map, "after", after) };
  const moved = new Moved(map, moves, selection);
  const swipe = new Swipe(map, sides, told);
  showFigures(get("figures"), found);
  showMoves(get("moves"), { moves, matched: found.matched, urls: told.urls, selection });
  showGrids(get("touched"), { rows: found.grids, before, after, highlight });
  showOfficers(get("officers"), { officers: found.officers, rows: found.grids, before, after, highlight });
  get("holds").replaceChildren(make("span", {}, sentence(found)));
  selection.addEventListener("select", ({ detail: { code, from } }) => {
    const move = moves.find((one) => one.key === code);
    highlight.show(move?.rings ?? [], { zoom: from === "list" });
  });
  selection.addEventListener("point", ({ detail: { code } }) => {
    const move = moves.find((one) => one.key === code);
    panels.hint.textContent = move ? saying(move) : "";
  });
  offerLooks({ sides, moved, swipe });
  document.addEventListener("keydown", ({ key, target }) => {
    if (key === "Escape" && !target.closest("input, select, textarea")) selection.select(null);
  });
}

/** A grid has one colour in both plans; what it is in the plan after. */
function colourAlike(before, after) {
  const colours = new Map(after.map((grid) => [grid.code, grid.colour]));
  for (const grid of before) grid.colour = colours.get(grid.code) ?? grid.colour;
}

/** The choice between what moves and both maps under a divider; the address remembers it. */
function offerLooks({ sides, moved, swipe }) {
  const buttons = [...get("looks").querySelectorAll("button")];
  const choose = (look) => {
    for (const one of buttons) one.setAttribute("aria-pressed", String(one.dataset.look === look));
    sides.before.look(look);
    sides.after.look(look);
    moved.look(look);
    swipe.show(look === "swipe");
  };
  for (const one of buttons) {
    one.onclick = () => {
      choose(one.dataset.look);
      history.replaceState(null, "", one.dataset.look === "swipe" ? "#swipe" : location.pathname + location.search);
    };
  }
  choose(location.hash === "#swipe" ? "swipe" : "moved");
}

function sentence({ moved, households, grids }) {
  if (moved.buildings === 0) return gettext("Every building is in the same grid in both plans.");
  return gettext("%(buildings)s buildings with %(households)s households (%(share)s) go to another grid; %(changed)s of %(grids)s grids change.", {
    buildings: number(moved.buildings), households: number(moved.households),
    share: percent(households ? moved.households / households : 0),
    changed: number(grids.filter((grid) => grid.changed).length), grids: number(grids.length),
  });
}

const saying = (move) =>
  gettext("%(grids)s: %(buildings)s buildings, %(households)s households, %(people)s people", {
    grids: move.name, buildings: number(move.buildings), households: number(move.households), people: number(move.population),
  });
