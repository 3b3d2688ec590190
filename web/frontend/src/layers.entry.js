/** Layers of a jurisdiction: sent, told what they are, confirmed and loaded. */
import { startLayers } from "./flow/layers.js";
import "./flow/flow.css";

startLayers(JSON.parse(document.getElementById("told").textContent)).then(() => {
  document.body.dataset.ready = "";
});
