/** A plan under new counts: which grids leave their bands, and what a move may cost. */
import { startOutlook } from "./next/outlook.js";
import "./flow/flow.css";
import "./next/next.css";

startOutlook(JSON.parse(document.getElementById("told").textContent)).then(() => {
  document.body.dataset.ready = "";
});
