/** Two plans of a jurisdiction compared: the maps of both, what moves, and figures of both. */
import { startComparison } from "./compare/index.js";
import { createMap } from "./map/index.js";
import { openPanels } from "./shell/panels.js";
import "./shell/shell.css";
import "./compare/compare.css";

const told = JSON.parse(document.getElementById("told").textContent);
const map = createMap(document.getElementById("map"), { ...told.map, whole: document.getElementById("main"), remember: "compare" });
const panels = openPanels(map);
map.showWhole({ animate: false });
// for the browser's console, and for tests that must know where on the screen something is
globalThis.comparison = { map, told };
startComparison({ map, told, panels }).then(() => {
  document.body.dataset.ready = "";
});
