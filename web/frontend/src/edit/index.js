/** A draft in the workbench: everything that changes grids, wired together. */
import { make } from "../dom.js";
import { load } from "../bench/api.js";
import { Board } from "../bench/board.js";
import { Colouring, housingOf } from "../bench/colouring.js";
import { addLegend } from "../bench/legend.js";
import { Selection } from "../bench/selection.js";
import { gettext, number, pick } from "../words.js";
import { Actions } from "./actions.js";
import { Drawing } from "./canvas.js";
import { Commands, sayDone } from "./commands.js";
import { keepCompany } from "./company.js";
import { Draft } from "./draft.js";
import "./edit.css";
import { GridRows } from "./grids.js";
import { bindKeys } from "./keys.js";
import { UnitFinder, readMesh } from "./mesh.js";
import { News } from "./news.js";
import { Strokes } from "./strokes.js";
import { Tools } from "./tools.js";
import { Troubles } from "./troubles.js";

/**
 * @param {object} given
 * @param {import("../map/index.js").GridMap} given.map
 * @param {any} given.plan what the page says of it, see `pages/workbench.py`
 * @param {import("../shell/panels.js").Panels} given.panels
 * @returns {Promise<{board: Board, selection: Selection, colouring: Colouring, commands: Commands, tools: Tools}>}
 */
export async function startEditing({ map, plan, panels }) {
  const [told, standing] = await Promise.all([load(plan.urls.mesh), load(plan.urls.standing)]);
  const draft = new Draft(readMesh(told), standing, plan.parent_code);
  const rows = new GridRows(draft);
  const board = new Board(rows.rows(null), plan.bands, rows.holds());
  const selection = new Selection();
  const colouring = new Colouring(board, plan.housing);
  const typed = () => {
    colouring.housing = housingOf(draft.mesh, draft.of, pick);
  };
  typed();
  const drawing = new Drawing(map, draft, selection, colouring);
  const finder = new UnitFinder(draft.mesh);
  const commands = new Commands(draft, plan.urls, plan.csrf);
  const places = { tools: panels.tools, effect: panels.effect, say: (text) => troubles.note(text) };
  const strokes = new Strokes(drawing, finder);
  const tools = new Tools({ draft, drawing, strokes, finder, commands, selection, places, iconUrl: plan.icons });
  const actions = new Actions({ place: panels.act, draft, tools, commands, selection });
  const help = bindKeys({ tools, actions, commands, selection, draft, colouring, panelStatus: panels.status });
  const troubles = new Troubles({ place: panels.troubles, draft, drawing, commands, selection });

  addLegend(map.leaflet, colouring);
  selection.addEventListener("select", ({ detail: { code, from } }) => {
    if (code && from !== "map") drawing.lead(draft.members.get(code));
  });
  tools.addEventListener("point", ({ detail: { unit } }) => {
    panels.hint.textContent = unit < 0 ? "" : hintOf(draft, unit);
  });
  draft.addEventListener("change", ({ detail: { codes } }) => {
    const gone = selection.selected !== null && !draft.grids.has(selection.selected);
    typed();
    board.show(rows.rows(codes), rows.holds());
    if (gone) selection.select(null);
    allow(panels.actions, draft);
  });
  commands.addEventListener("state", ({ detail }) => tellState(panels.saved, detail, draft));
  new News({ main: document.getElementById("main"), draft, drawing, commands });
  keepCompany({ url: plan.urls.events, csrf: plan.csrf, login: plan.login, place: panels.saved, commands });
  wire(panels.actions, commands);
  panels.tools.append(make("button", { type: "button", title: gettext("All keys (?)"), "aria-label": gettext("All keys"), onclick: () => help.showModal() }, "?"));
  allow(panels.actions, draft);
  return { board, selection, colouring, commands, tools };
}

function hintOf(draft, unit) {
  const { counts } = draft.mesh;
  return gettext("%(buildings)s buildings · %(households)s households · %(people)s people → grid %(code)s", {
    buildings: number(counts.buildings[unit]), households: number(counts.households[unit]),
    people: number(counts.population[unit]), code: draft.shortOf(draft.of[unit]),
  }) + (draft.locked.has(unit) ? ` · ${gettext("locked")}` : "");
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

function tellState(place, { state, told, text, allTheSame }, draft) {
  if (state === "busy") say(place, gettext("Saving …"));
  else if (state === "saved") say(place, told?.action ? gettext("Saved · %(what)s", { what: sayDone(told, draft) }) : gettext("Saved"));
  else {
    say(place, gettext("Nothing was changed"), "attention");
    if (allTheSame) place.append(" ", make("button", { type: "button", class: "link", onclick: allTheSame }, gettext("Do it all the same")));
  }
}
