/** The officer's page: my grid, what is open there, and what I do; with or without reception. */
import { startField } from "./field/index.js";
import "./field/field.css";

const told = JSON.parse(document.getElementById("told").textContent);
startField(told).then(() => {
  document.body.dataset.ready = "";
});
