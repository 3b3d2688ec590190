/** The planner's workbench: a plan of grids on the map, and what can be done to it. */
import { startBench } from "./bench/index.js";
import { createMap } from "./map/index.js";
import { openPanels } from "./shell/panels.js";
import "./shell/shell.css";
import * as words from "./words.js";

const plan = JSON.parse(document.getElementById("plan").textContent);
const map = createMap(document.getElementById("map"), { ...plan.map, whole: document.getElementById("main"), remember: "bench" });
const panels = openPanels(map);
map.showWhole({ animate: false });
// for the browser's console, and for tests that must know where on the screen something is
globalThis.bench = { map, plan, panels };
startBench({ map, plan, panels, words }).then((editing) => {
  globalThis.bench.editing = editing;
  document.body.dataset.ready = "";
});
