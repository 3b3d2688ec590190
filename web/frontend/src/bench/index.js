/** The workbench: a plan's grids on the map and in the panels, each part following the same selection. */
import { make } from "../dom.js";
import { gettext, number } from "../words.js";
import { RequestError, loadFeatures } from "./api.js";
import { showGrids } from "./grids.js";
import { showHistogram } from "./histogram.js";
import { GridLabels } from "./labels.js";
import { addLegend } from "./legend.js";
import { measureOf, readGrids } from "./plan.js";
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
  const grids = readGrids(features, plan);
  const selection = new Selection();
  const shown = showGrids(map, grids, selection);
  new GridLabels(grids).addTo(map.leaflet);
  addLegend(map.leaflet, plan.bands[measureOf(plan.bands)], shown.colourBy);
  showTable(panels.table, grids, plan.bands, selection);
  showHistogram(panels.histogram, grids, plan.bands, selection);
  showWhy(panels.why, grids, plan, selection);
  showStatus(panels.status, plan.holds);
  followPointer(panels.hint, grids, selection);
  document.addEventListener("keydown", ({ key, target }) => {
    if (key === "Escape" && !target.closest("input, select, textarea")) selection.select(null);
  });
}

/** Say in the status line which grid the pointer is on. */
function followPointer(place, grids, selection) {
  const byCode = new Map(grids.map((grid) => [grid.code, grid]));
  selection.addEventListener("point", ({ detail: { code } }) => {
    const grid = byCode.get(code);
    place.textContent = grid
      ? gettext("%(name)s: %(households)s households, %(people)s people", {
        name: grid.name, households: number(grid.households), people: number(grid.population),
      })
      : "";
  });
}
