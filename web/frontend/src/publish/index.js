/** Handing a plan on: review, publish, export; each tells what it will do before it is done. */
import { RequestError, load } from "../bench/api.js";
import { make } from "../dom.js";
import { gettext } from "../words.js";
import { doing, openDialog } from "./dialog.js";
import { linksTo, printers, writers } from "./files.js";
import { showProspect } from "./prospect.js";
import "./publish.css";
import { follow, post } from "./requests.js";

/**
 * Bring the buttons of the top bar to life.
 *
 * @param {object} given
 * @param {any} given.plan what the page says of it, see `pages/workbench.py`
 * @param {import("../shell/panels.js").Panels} given.panels
 * @param {import("../edit/commands.js").Commands | null} given.commands of a draft that is edited
 */
export function offerHandingOn({ plan, panels, commands }) {
  const { actions } = panels;
  const wire = (button, open) => {
    if (!button) return;
    button.disabled = false;
    button.onclick = open;
  };
  wire(actions.review, () => review(plan, commands));
  wire(actions.publish, () => publish(plan, commands));
  wire(actions.export, () => exportFiles(plan));
}

/** Have it drawn as it was edited, and ask what publishing would do; null: the dialog says why not. */
async function lookAhead(dialog, plan, commands) {
  dialog.say(gettext("Drawing the grids as they were edited …"));
  try {
    if (commands && (await commands.settle()) === null) {
      dialog.say(gettext("The draft could not be drawn; the line beside its name says why."), "fault");
      return null;
    }
    const told = await load(plan.urls.publishing);
    dialog.say("");
    return told;
  } catch (error) {
    return refused(dialog, error);
  }
}

function refused(dialog, error) {
  if (!(error instanceof RequestError)) throw error;
  dialog.say(error.status === 0 && !error.message ? gettext("The service cannot be reached; nothing was changed. Try again.") : error.message, "fault");
  return null;
}

async function review(plan, commands) {
  const dialog = openDialog(plan.state === "draft" ? gettext("Hand in for review") : gettext("Review the plan"));
  const told = await lookAhead(dialog, plan, commands);
  if (!told) return;
  const change = (name, body) => async () => {
    try {
      await post(plan.urls[name], { csrf: plan.csrf, version: told.version, body });
      location.reload();
    } catch (error) {
      refused(dialog, error);
    }
  };
  if (told.state === "draft") {
    dialog.tell(showProspect(told), make("p", {}, gettext("Once it is handed in, nobody changes it until it is taken back.")));
    dialog.offer(doing(gettext("Hand in for review"), change("submit"), { first: true }));
    return;
  }
  const why = make("input", { id: "take-back-why", maxlength: 500 });
  dialog.tell(showProspect(told),
    told.own_work && make("p", { class: "quiet" }, gettext("You worked on it, so someone else must approve it.")),
    make("div", { class: "field" }, make("label", { for: why.id }, gettext("Why it goes back (if it does)")), why));
  dialog.offer(
    doing(gettext("Take back to draft"), () => change("take-back", { why: why.value })()),
    !told.own_work && !told.reviewed_by && doing(gettext("Approve"), change("approve"), { first: true }));
}

async function publish(plan, commands) {
  const dialog = openDialog(gettext("Publish"));
  const told = await lookAhead(dialog, plan, commands);
  if (!told) return;
  const first = make("input", { type: "date", id: "first-day", min: told.first_day, value: told.first_day, required: true });
  const against = standsAgainst(told);
  dialog.tell(showProspect(told),
    ...against.map((text) => make("p", { class: "note fault" }, text)),
    make("div", { class: "field day" }, make("label", { for: first.id }, gettext("In force from")), first));
  if (!told.follows && plan.editable) {
    dialog.offer(doing(gettext("Take over the codes"), () => run(dialog, plan, plan.urls["take-over"], told, {}, () => location.reload())));
    return;
  }
  if (against.length) return;
  dialog.offer(doing(gettext("Publish"), async () => {
    if (!first.reportValidity()) return;
    await run(dialog, plan, plan.urls.publish, told, { day: first.value }, () => {
      dialog.tell(make("p", {}, gettext("Published. Its files:")), linksTo(plan.urls.exports));
      dialog.offer();
      dialog.onclose = () => location.reload();
    });
  }, { first: true }));
}

/** Ask for a job and show how far it is. */
async function run(dialog, plan, url, { version }, body, then) {
  const bar = make("progress", { max: 1, "aria-label": gettext("How far it is") });
  try {
    const job = await post(url, { csrf: plan.csrf, version, body });
    dialog.tell(make("p", {}, gettext("This goes on even when you leave the page.")), bar);
    dialog.say(gettext("Waiting for its turn …"));
    await follow(`${plan.urls.jobs}/${job.id}`, ({ state, done }) => {
      if (state !== "running") return;
      dialog.say(gettext("At work …"));
      bar.value = done;
    });
    dialog.say("");
    then();
  } catch (error) {
    bar.remove();
    refused(dialog, error);
  }
}

function standsAgainst({ review: wanted, reviewed_by: reviewer, follows, taken }) {
  return [
    wanted && !reviewer && gettext("A second person must approve it first: hand it in for review."),
    !follows && gettext("Another plan was published since it was made; let it take over the codes of that one first."),
    follows && taken.length > 0 && gettext("The codes %(codes)s were retired and are never given again.", { codes: taken.join(", ") }),
  ].filter(Boolean);
}

function exportFiles(plan) {
  const dialog = openDialog(gettext("Export"));
  const published = plan.state === "published" || plan.state === "superseded";
  dialog.tell(
    make("p", {}, published ? gettext("The files as they were written when it was published.") : gettext("The files are written of the plan as it stands now.")),
    published ? linksTo(plan.urls.exports) : writers(plan.urls, plan.csrf, dialog.say),
    make("p", {}, gettext("To print, with those who are posted today and what is public of them:")),
    printers(plan.urls, plan.csrf, dialog.say));
}
