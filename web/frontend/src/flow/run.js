/** A plan being made, and then the plans to choose from: small maps and scores side by side. */
import { make } from "../dom.js";
import { decimal, gettext, number, percent } from "../words.js";
import { loadFeatures } from "../bench/api.js";
import { showFailure, showJob } from "./job.js";
import { RequestError, at, load, send } from "./service.js";
import { smallMap } from "./small.js";

const get = (id) => document.getElementById(id);

const emphases = () => ({
  even: gettext("as you asked"), "equal load": gettext("stresses equal load"), "good lines": gettext("stresses good lines"), compact: gettext("stresses compact shape"),
});

/** @param {any} told what the page says */
export async function startRun(told) {
  const place = get("job");
  const url = at(told.urls.jobs, told.job);
  const ended = showJob(place, { url, csrf: told.csrf, title: gettext("Making the plan") });
  document.body.dataset.ready = "";
  await finish(await ended, told, url, place);
}

async function finish(ended, told, url, place) {
  if (ended.state !== "done") {
    const again = make("button", { type: "button", class: "button", onclick: async () => {
      again.disabled = true;
      const job = await send(`${url}/again`, told.csrf);
      location.assign(at(told.urls.run, job.id));
    } }, gettext("Try again"));
    showFailure(place, ended, again);
    return;
  }
  const found = ended.result.candidates ?? [ended.result];
  const plans = await Promise.all(found.map((one) => load(at(told.urls.plan, one.plan_id)).then((plan) => ({ ...one, plan }))));
  const left = plans.filter(({ plan }) => plan.state !== "discarded");
  if (left.length > 1) {
    place.hidden = true;
    await choose(left, told);
    return;
  }
  const [one] = left.length ? left : plans;
  place.replaceChildren(make("h2", {}, `✓ ${gettext("The plan is there")}`), make("p", {}, one.plan.name),
    make("div", { class: "row" }, make("a", { class: "button first", href: at(told.workbench, one.plan_id) }, gettext("Open in the workbench"))));
}

async function choose(plans, told) {
  const rows = scores(plans);
  const fault = make("div");
  const cards = plans.map((one, index) => {
    const picture = make("div", { class: "picture" });
    loadFeatures(`${at(told.urls.plan, one.plan_id)}/grids`).then((features) => picture.replaceChildren(smallMap(features)));
    const take = make("button", { type: "button", class: index ? "button" : "button first", "data-plan": one.plan_id }, gettext("Take this one"));
    take.onclick = () => pickOne(one, plans, told, fault);
    return make("article", { class: "card candidate", "aria-label": one.plan.name },
      make("h3", {}, one.plan.name, make("span", { class: "quiet" }, emphases()[one.emphasis])), picture,
      make("dl", {}, ...rows.flatMap(({ name, said, best }) => [make("dt", {}, name),
        make("dd", { class: best === index ? "best" : null }, said(one), best === index ? make("span", { class: "state good" }, gettext("best")) : null)])),
      make("div", { class: "row" }, take, make("a", { href: at(told.workbench, one.plan_id) }, gettext("Look at it"))));
  });
  get("candidates").replaceChildren(fault, make("div", { class: "candidates" }, ...cards));
  get("choose").hidden = false;
  get("choose-title").focus();
}

/** What candidates are compared by, with the one that is best where they differ. */
function scores(plans) {
  const row = (name, value, said) => {
    const values = plans.map(value);
    const best = Math.max(...values);
    return { name, said, best: values.filter((one) => one === best).length === 1 ? values.indexOf(best) : -1 };
  };
  return [
    row(gettext("Grids"), () => 0, (one) => number(one.grids)),
    row(gettext("Outside their sizes"), (one) => -one.outside, (one) => number(one.outside)),
    row(gettext("Households"), () => 0, (one) => gettext("%(from)s to %(to)s", { from: number(one.fewest), to: number(one.most) })),
    row(gettext("Loads differ by"), (one) => -one.spread, (one) => percent(one.spread)),
    row(gettext("Compactness"), (one) => one.shape ?? 0, (one) => (one.shape === null ? "–" : decimal(one.shape, 2))),
    row(gettext("Length of the lines"), (one) => -one.lines_m, (one) => gettext("%(km)s km", { km: decimal(one.lines_m / 1000, 1) })),
    row(gettext("Differs from the first"), () => 0, (one) => (one.difference ? percent(one.difference) : "–")),
  ];
}

async function pickOne(one, plans, told, fault) {
  for (const button of get("candidates").querySelectorAll("button")) button.disabled = true;
  try {
    for (const other of plans) {
      if (other === one) continue;
      await send(`${at(told.urls.plan, other.plan_id)}/discard`, told.csrf, { why: gettext("another candidate was taken") }, { "If-Match": `"${other.plan.version}"` });
    }
    location.assign(at(told.workbench, one.plan_id));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    fault.replaceChildren(make("p", { class: "note fault lines", role: "alert" }, error.message));
    for (const button of get("candidates").querySelectorAll("button")) button.disabled = false;
  }
}
