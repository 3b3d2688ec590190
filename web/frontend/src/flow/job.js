/** A job's progress, in words: followed by server-sent events, or asked for where too many listen already. */
import { make } from "../dom.js";
import { gettext, percent } from "../words.js";
import { RequestError, load, send } from "./service.js";

const EVERY_MS = 3000;
const OVER = ["done", "failed", "cancelled", "interrupted"];

/** What a step of a job does. */
function stepWords(step) {
  return {
    "": gettext("Begins"),
    layers: gettext("Reads, checks and mends the layers"),
    people: gettext("Counts households and people"),
    units: gettext("Cuts the ground into units"),
    graph: gettext("Finds which units are neighbours"),
    partition: gettext("Looks for the best grids"),
    candidates: gettext("Looks for plans that differ"),
    grids: gettext("Draws the grids"),
    micro: gettext("Makes micro-grids"),
    audit: gettext("Checks every rule"),
    keep: gettext("Saves it"),
  }[step] ?? step;
}

/**
 * Show a job until it is over.
 *
 * @param {HTMLElement} place
 * @param {object} given
 * @param {string} given.url of the job
 * @param {string} given.csrf
 * @param {string} given.title
 * @returns {Promise<any>} how it ended: state, error, result
 */
export function showJob(place, { url, csrf, title }) {
  const step = make("p", { class: "step" }, gettext("Waits for its turn"));
  const bar = make("progress", { max: 1, "aria-label": title });
  const done = make("span", { class: "quiet number" });
  const cancel = make("button", { type: "button", class: "button" }, gettext("Cancel"));
  const fault = make("p", { class: "fault", role: "alert" });
  place.hidden = false;
  place.replaceChildren(
    make("h2", {}, title), make("div", { role: "status" }, step), make("div", { class: "bar" }, bar, done), fault,
    make("div", { class: "row middle" }, cancel,
      make("span", { class: "quiet" }, gettext("You can leave this page: it goes on, and you find it again at its jurisdiction."))),
  );
  cancel.onclick = async () => {
    cancel.disabled = true;
    try {
      await send(`${url}/cancel`, csrf);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      fault.textContent = error.message;
      cancel.disabled = false;
    }
  };
  return follow(url, (told) => {
    step.textContent = told.state === "queued" ? gettext("Waits for its turn") : stepWords(told.step);
    if (told.cancel) step.textContent = gettext("Is being cancelled");
    if (told.state === "running" && told.done > 0) bar.value = told.done;
    else bar.removeAttribute("value");
    done.textContent = told.state === "running" && told.done > 0 ? percent(told.done) : "";
  });
}

/**
 * Show how a job ended that made nothing, and what can be done about it.
 *
 * @param {HTMLElement} place
 * @param {{state: string, error: string}} ended
 * @param {Node} next
 */
export function showFailure(place, { state, error }, next) {
  const title = state === "cancelled" ? gettext("It was cancelled; nothing of it was kept.") : gettext("It could not be done");
  place.hidden = false;
  place.replaceChildren(
    make("h2", {}, title), error && make("p", { class: "note fault", role: "alert" }, error), make("div", { class: "row" }, next));
}

function follow(url, heard) {
  return new Promise((resolve) => {
    const source = new EventSource(`${url}/events`);
    source.addEventListener("progress", ({ data }) => heard(JSON.parse(data)));
    source.addEventListener("end", ({ data }) => {
      source.close();
      resolve(JSON.parse(data));
    });
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) ask(url, heard).then(resolve);
    };
  });
}

async function ask(url, heard) {
  for (;;) {
    const told = await load(url).catch(() => null);
    if (told) heard(told);
    if (told && OVER.includes(told.state)) return told;
    await new Promise((then) => setTimeout(then, EVERY_MS));
  }
}
