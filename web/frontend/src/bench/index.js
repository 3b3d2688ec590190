/** The workbench: a plan's grids on the map and in the panels, each part following the same selection. */
import { make } from "../dom.js";
import { Draft } from "../edit/draft.js";
import { startEditing } from "../edit/index.js";
import { readMesh } from "../edit/mesh.js";
import { offerHandingOn } from "../publish/index.js";
import { gettext, number, pick } from "../words.js";
import { RequestError, load, loadFeatures } from "./api.js";
import { Board } from "./board.js";
import { Colouring, housingOf } from "./colouring.js";
import { showGrids } from "./grids.js";
import { showHistogram } from "./histogram.js";
import { GridLabels } from "./labels.js";
import { addLegend } from "./legend.js";
import { readGrids } from "./plan.js";
import { Selection } from "./selection.js";
import { showStatus } from "./status.js";
import { showTable } from "./table.js";
import { showWhy } from "./why.js";

/**
 * @param {object} given
 * @param {import("../map/index.js").GridMap} given.map
 * @param {any} given.plan what the page says of it, see `planning/workbench.py`
 * @param {import("../shell/panels.js").Panels} given.panels
 */
export async function startBench({ map, plan, panels }) {
  if (plan.editable) {
    const { board, selection, colouring, commands, tools } = await startEditing({ map, plan, panels });
    fillPanels({ map, plan, panels, board, selection, colouring });
    offerHandingOn({ plan, panels, commands });
    return { commands, tools };
  }
  offerHandingOn({ plan, panels, commands: null });
  let features;
  try {
    features = await loadFeatures(plan.urls.grids);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const again = make("button", { type: "button", class: "button", onclick: () => location.reload() }, gettext("Load again"));
    panels.table.replaceChildren(make("p", { class: "note fault", role: "alert" },
      gettext("The grids could not be loaded: %(reason)s", { reason: error.message })), again);
    return;
  }
  const board = new Board(readGrids(features, plan), plan.bands, plan.holds);
  const selection = new Selection();
  const colouring = new Colouring(board, plan.housing);
  showGrids(map, board.grids, selection, colouring);
  if (plan.housing) askHousing(plan, colouring);
  addLegend(map.leaflet, colouring);
  followPointer(panels.hint, board, selection);
  fillPanels({ map, plan, panels, board, selection, colouring });
  document.addEventListener("keydown", ({ key, target }) => {
    if (key === "Escape" && !target.closest("input, select, textarea")) selection.select(null);
  });
}

/**
 * Show a board's grids in the labels and in every panel.
 *
 * @param {object} given
 * @param {Board} given.board
 * @param {Selection} given.selection
 * @param {Colouring} given.colouring
 */
function fillPanels({ map, plan, panels, board, selection, colouring }) {
  new GridLabels(board, colouring).addTo(map.leaflet);
  showStatus(panels.status, board, selection);
  showTable(panels.table, board, selection, colouring);
  showHistogram(panels.histogram, board, selection);
  showWhy(panels.why, board, plan, selection);
}

/** Find out which housing type each grid is of, once someone wants to see it. */
function askHousing(plan, colouring) {
  colouring.addEventListener("change", async () => {
    if (colouring.mode !== "housing" || colouring.housing) return;
    const [mesh, standing] = await Promise.all([load(plan.urls.mesh), load(plan.urls.standing)]);
    const draft = new Draft(readMesh(mesh), standing, plan.parent_code);
    colouring.housing = housingOf(draft.mesh, draft.of, pick);
    colouring.tell();
  });
}

/** Say in the status line which grid the pointer is on. */
function followPointer(place, board, selection) {
  selection.addEventListener("point", ({ detail: { code } }) => {
    const grid = board.grid(code);
    place.textContent = grid
      ? gettext("%(name)s: %(households)s households, %(people)s people", {
        name: grid.name, households: number(grid.households), people: number(grid.population),
      })
      : "";
  });
}
