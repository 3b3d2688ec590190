/** A proposal: how far it is, then how many move, who, why, and what to do with it. */
import { make } from "../dom.js";
import { showFailure, showJob } from "../flow/job.js";
import { at, faultOf, load, send } from "../flow/service.js";
import { gettext, ngettext, number, percent, pick } from "../words.js";

/** @param {any} told what the page says */
export async function startProposal(told) {
  const place = document.getElementById("job");
  const url = at(told.urls.jobs, told.job);
  const ended = showJob(place, { url, csrf: told.csrf, title: gettext("Looking for the fewest moves") });
  document.body.dataset.ready = "";
  await finish(await ended, told, place);
}

async function finish(ended, told, place) {
  if (ended.state !== "done") {
    showFailure(place, ended, make("a", { class: "button", href: told.urls.next }, gettext("Ask again")));
    return;
  }
  const plan = await load(at(told.urls.plan, ended.result.plan_id));
  place.replaceChildren(...resultOf(ended.result), choicesOf(ended.result, plan, told));
  place.querySelector("h2").focus();
}

function resultOf(found) {
  const { moved_households: moved, fewest_possible: fewest, share } = found;
  const head = (...text) => make("h2", { tabindex: "-1", class: "found" }, ...text);
  if (found.untouched || !found.ways) {
    return [head("✓ ", gettext("Nobody has to move")), make("p", {}, gettext("Every grid keeps its ground and its code; the new plan only holds the new counts."))];
  }
  return [
    head(ngettext("%(num)s household moves to another grid", "%(num)s households move to another grid", moved)),
    make("dl", { class: "changes" },
      make("dt", {}, gettext("Of all")), make("dd", {}, percent(share)),
      make("dt", {}, gettext("Fewest there can be")), make("dd", {}, fewest >= moved
        ? make("span", { class: "state good" }, "✓ ", gettext("proven: no fewer can"))
        : gettext("%(fewest)s at least", { fewest: number(fewest) })),
      make("dt", {}, gettext("Buildings")), make("dd", {}, number(found.moved_buildings)),
      make("dt", {}, gettext("Grids concerned")), make("dd", {}, found.touched.join(", ")),
      make("dt", {}, gettext("New codes")), make("dd", {}, found.new.join(", ") || gettext("none")),
      make("dt", {}, gettext("Retired codes")), make("dd", {}, found.retired.join(", ") || gettext("none")),
      make("dt", {}, gettext("Rules")), make("dd", {}, found.holds
        ? make("span", { class: "state good" }, "✓ ", gettext("all kept"))
        : make("span", { class: "state attention" }, "! ", gettext("some are broken; the workbench says where and why")))),
    tableOf(found),
  ];
}

function tableOf({ moves, ways }) {
  const heads = [gettext("From → to"), gettext("Households"), gettext("Buildings"), gettext("Why")];
  const rest = ways - moves.length;
  return make("div", { class: "wide" },
    make("table", { class: "moves" },
      make("thead", {}, make("tr", {}, ...heads.map((name, at) => make("th", { class: at === 1 ? "number" : null }, name)))),
      make("tbody", {}, ...moves.map(rowOf))),
    rest > 0 ? make("p", { class: "quiet" }, ngettext("and %(num)s more way", "and %(num)s more ways", rest)) : null);
}

function rowOf({ from, to, why_zh: zh, why_en: english, households, buildings, ids }) {
  const rest = buildings - ids.length;
  const named = rest > 0 ? gettext("%(names)s and %(rest)s more", { names: ids.join(", "), rest: number(rest) }) : ids.join(", ");
  return make("tr", {},
    make("td", { class: "way-of" }, make("strong", {}, `${from} → ${to}`)),
    make("td", { class: "number", "data-name": gettext("Households") }, number(households)),
    make("td", { "data-name": gettext("Buildings") }, number(buildings), " ", make("span", { class: "quiet" }, named)),
    make("td", { "data-name": gettext("Why") }, pick(zh, english)));
}

function choicesOf(found, plan, told) {
  const fault = make("div");
  const again = make("a", { class: "button", href: told.urls.next }, gettext("Ask again"));
  if (plan.state === "discarded") {
    return make("div", {}, make("p", { class: "note" }, gettext("This proposal was discarded.")), make("div", { class: "row" }, again));
  }
  const discard = make("button", { type: "button", class: "button" }, gettext("Discard it"));
  discard.onclick = async () => {
    discard.disabled = true;
    try {
      await send(`${at(told.urls.plan, plan.id)}/discard`, told.csrf, { why: gettext("another proposal is asked for") }, { "If-Match": `"${plan.version}"` });
      location.assign(told.urls.next);
    } catch (error) {
      fault.replaceChildren(faultOf(error));
      discard.disabled = false;
    }
  };
  const open = plan.state === "draft" ? gettext("Keep as draft and open it") : gettext("Open the plan");
  return make("div", { class: "choices" }, fault, make("div", { class: "row middle" },
    make("a", { class: "button first", href: at(told.workbench, plan.id) }, open),
    make("a", { class: "button", href: at(told.urls.compare, plan.id) }, gettext("See the moves on the map")),
    plan.state === "draft" ? discard : null,
    make("span", { class: "quiet" }, gettext("In the workbench you adjust it, have it reviewed and publish it."))));
}
