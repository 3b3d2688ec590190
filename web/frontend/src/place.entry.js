/** A jurisdiction: its layers on the map, and what a plan of them is to keep. */
import { showLayers } from "./flow/quality.js";
import { startTargets } from "./flow/targets.js";
import { createMap } from "./map/index.js";
import "./shell/shell.css";
import "./flow/flow.css";

const told = JSON.parse(document.getElementById("told").textContent);
const map = createMap(document.getElementById("map"), { ...told.map, whole: document.getElementById("main"), remember: "place" });
map.setEdges({ right: document.getElementById("panel").offsetWidth + 12 });
map.showWhole({ animate: false });
const form = document.getElementById("targets");
if (form) startTargets(form, told, map);
showLayers(document.getElementById("layers"), told);
document.body.dataset.ready = "";
