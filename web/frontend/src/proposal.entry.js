/** A plan that follows another one: how far it is, and what it moves. */
import { startProposal } from "./next/proposal.js";
import "./flow/flow.css";
import "./next/next.css";

startProposal(JSON.parse(document.getElementById("told").textContent));
