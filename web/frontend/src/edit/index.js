/** A draft in the workbench: everything that changes grids, wired together. */
import { make } from "../dom.js";
import { load } from "../bench/api.js";
import { Board } from "../bench/board.js";
import { addLegend } from "../bench/legend.js";
import { measureOf } from "../bench/plan.js";
import { Selection } from "../bench/selection.js";
import { showStatus } from "../bench/status.js";
import { gettext, number } from "../words.js";
import { Actions } from "./actions.js";
import { Drawing } from "./canvas.js";
import { Commands, sayDone } from "./commands.js";
import { Draft } from "./draft.js";
import "./edit.css";
import { GridRows } from "./grids.js";
import { bindKeys } from "./keys.js";
import { UnitFinder, readMesh } from "./mesh.js";
import { Strokes } from "./strokes.js";
import { Tools } from "./tools.js";

/**
 * @param {object} given
 * @param {import("../map/index.js").GridMap} given.map
 * @param {any} given.plan what the page says of it, see `pages/workbench.py`
 * @param {import("../shell/panels.js").Panels} given.panels
 * @returns {Promise<{board: Board, selection: Selection, commands: Commands}>}
 */
export async function startEditing({ map, plan, panels }) {
  const [told, standing] = await Promise.all([load(plan.urls.mesh), load(plan.urls.standing)]);
  const draft = new Draft(readMesh(told), standing);
  const rows = new GridRows(draft, plan.parent_code);
  const board = new Board(rows.rows(null), plan.bands);
  const selection = new Selection();
  const drawing = new Drawing(map, draft, selection);
  const finder = new UnitFinder(draft.mesh);
  const commands = new Commands(draft, plan.urls, plan.csrf);
  const places = { tools: panels.tools, effect: panels.effect, say: (text, kind) => say(panels.saved, text, kind) };
  const strokes = new Strokes(drawing, finder);
  const tools = new Tools({ draft, drawing, strokes, finder, commands, selection, places, iconUrl: plan.icons });
  const actions = new Actions({ place: panels.act, draft, tools, commands, selection });
  const help = bindKeys({ tools, actions, commands, selection, draft });

  addLegend(map.leaflet, plan.bands[measureOf(plan.bands)], (mode) => drawing.colourBy(mode));
  selection.addEventListener("select", ({ detail: { code, from } }) => {
    if (code && from !== "map") bringIntoView(map, draft, drawing, code);
  });
  tools.addEventListener("point", ({ detail: { unit } }) => {
    panels.hint.textContent = unit < 0 ? "" : hintOf(draft, unit);
  });
  draft.addEventListener("change", ({ detail: { codes } }) => {
    const gone = selection.selected !== null && !draft.grids.has(selection.selected);
    board.show(rows.rows(codes));
    if (gone) selection.select(null);
    showStatus(panels.status, rows.holds());
    allow(panels.actions, draft);
  });
  commands.addEventListener("state", ({ detail }) => tellState(panels.saved, detail));
  wire(panels.actions, commands);
  panels.tools.append(make("button", { type: "button", title: gettext("All keys (?)"), "aria-label": gettext("All keys"), onclick: () => help.showModal() }, "?"));
  showStatus(panels.status, rows.holds());
  allow(panels.actions, draft);
  return { board, selection, commands };
}

function hintOf(draft, unit) {
  const { counts } = draft.mesh;
  return gettext("%(buildings)s buildings · %(households)s households · %(people)s people → grid %(code)s", {
    buildings: number(counts.buildings[unit]), households: number(counts.households[unit]),
    people: number(counts.population[unit]), code: draft.of[unit],
  });
}

function bringIntoView(map, draft, drawing, code) {
  const { box, corner, step } = draft.mesh;
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const unit of draft.members.get(code) ?? []) {
    west = Math.min(west, box[4 * unit]);
    south = Math.min(south, box[4 * unit + 1]);
    east = Math.max(east, box[4 * unit + 2]);
    north = Math.max(north, box[4 * unit + 3]);
  }
  if (west > east) return;
  const { CRS, point } = drawing.projection();
  const at = (x, y) => CRS.unproject(point(corner[0] + x * step, corner[1] + y * step));
  map.show([at(west, south), at(east, north)], { maxZoom: 17 });
}

function allow(actions, draft) {
  if (actions.undo) actions.undo.disabled = !draft.canUndo;
  if (actions.redo) actions.redo.disabled = !draft.canRedo;
}

function wire(actions, commands) {
  if (actions.undo) actions.undo.onclick = () => commands.undo();
  if (actions.redo) actions.redo.onclick = () => commands.redo();
}

function say(place, text, kind = "") {
  place.className = `quiet ${kind}`;
  place.replaceChildren(text);
}

function tellState(place, { state, told, text }) {
  if (state === "busy") say(place, gettext("Saving …"));
  else if (state === "saved") say(place, told?.action ? gettext("Saved · %(what)s", { what: sayDone(told) }) : gettext("Saved"));
  else if (state === "refused") say(place, text, "fault");
  else {
    say(place, "", "fault");
    place.append(text, " ", make("button", { type: "button", class: "link", onclick: () => location.reload() }, gettext("Show what changed")));
  }
}
