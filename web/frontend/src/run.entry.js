/** A plan being made: how far it is, and the plans to choose from at the end. */
import { startRun } from "./flow/run.js";
import "./flow/flow.css";

startRun(JSON.parse(document.getElementById("told").textContent)).then(() => {
  document.body.dataset.ready = "";
});
