/** Layers sent by a person: progress, what each seems to be, corrected and confirmed, then loaded by a job. */
import { make } from "../dom.js";
import { gettext, ngettext, percent } from "../words.js";
import { showFailure, showJob } from "./job.js";
import { at, faultOf, load, send, sendFiles } from "./service.js";

const get = (id) => document.getElementById(id);

/** What a layer can be, the needed ones first. */
const roles = () => [
  ["boundary", gettext("Boundary of the jurisdiction")],
  ["buildings", gettext("Buildings")],
  ["roads", gettext("Roads")],
  ["barriers", gettext("Rivers, railways, walls, green")],
  ["compounds", gettext("Compounds and villager groups")],
  ["communities", gettext("Communities")],
  ["census", gettext("Counts of people by area")],
  ["existing", gettext("Grids that are there already")],
  ["", gettext("Leave it out")],
];

/** @param {any} told what the page says */
export async function startLayers(told) {
  const files = get("files");
  files.onchange = () => files.files.length && take([...files.files], told);
  const drop = get("drop");
  drop.ondragover = (event) => {
    event.preventDefault();
    drop.classList.add("over");
  };
  drop.ondragleave = () => drop.classList.remove("over");
  drop.ondrop = (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (event.dataTransfer.files.length) take([...event.dataTransfer.files], told);
  };
  const sent = new URLSearchParams(location.search).get("upload");
  if (sent && /^\d+$/.test(sent)) await ask(told, sent);
  else if (told.job) watch(told, told.job);
}

async function take(files, told) {
  const place = get("sending");
  const bar = make("progress", { max: 1, value: 0, "aria-label": gettext("Sending the files") });
  const words = make("span", { class: "quiet" });
  place.replaceChildren(make("div", { class: "bar" }, bar, words));
  get("report").hidden = true;
  get("files").disabled = true;
  try {
    const upload = await sendFiles(told.urls.uploads, told.csrf, files, (share) => {
      bar.value = share;
      words.textContent = share < 1 ? percent(share) : gettext("Looking at what is in them");
    });
    const count = ngettext("%(num)s file is here.", "%(num)s files are here.", files.length);
    place.replaceChildren(make("p", {}, `✓ ${count}`));
    remember(upload.id);
    confirm(told, upload);
  } catch (error) {
    place.replaceChildren(faultOf(error));
  } finally {
    get("files").disabled = false;
    get("files").value = "";
  }
}

async function ask(told, key) {
  try {
    confirm(told, await load(at(told.urls.upload, key)));
  } catch (error) {
    get("sending").replaceChildren(faultOf(error));
  }
}

/** Whether layers that are there stay beside those sent: a new boundary is one for all. */
const keeps = (told, roles) => told.others !== null && !roles.includes("boundary");

/** Let the address lead back to an upload; null: to none. */
function remember(upload) {
  const address = new URL(location.href);
  if (upload === null) address.searchParams.delete("upload");
  else address.searchParams.set("upload", upload);
  history.replaceState(null, "", address);
}

/** Show each layer with what it seems to be, and let that be corrected. */
function confirm(told, upload) {
  const guess = new Map(upload.guess.layers.map((layer) => [`${layer.file}\n${layer.layer}`, layer.role]));
  const rows = upload.report.filter((row) => !row.error).map((row) => rowOf(row, guess.get(`${row.file}\n${row.layer}`) ?? ""));
  const refused = upload.report.filter((row) => row.error);
  const fault = make("div");
  const missing = make("p", { class: "quiet" });
  const stays = make("p", { class: "quiet", role: "status" });
  const go = make("button", { type: "submit", class: "button first" }, gettext("Yes, load them"));
  const check = () => {
    const there = rows.map(({ role }) => role.value);
    const needed = told.others ? ["buildings"] : ["boundary", "buildings"];
    const names = roles().filter(([role]) => needed.includes(role) && !there.includes(role)).map(([, name]) => name);
    const left = roles().filter(([role]) => keeps(told, there) && told.others.roles.includes(role) && !there.includes(role));
    stays.textContent = left.length ? gettext("Not sent, and stays as it is: %(names)s", { names: left.map(([, name]) => name).join(", ") }) : "";
    missing.textContent = names.length ? gettext("Still missing: %(names)s", { names: names.join(", ") }) : "";
    go.disabled = names.length > 0;
    for (const { role, crs } of rows) if (crs) crs.hidden = !role.value;
  };
  const form = make("form", { onchange: check, onsubmit: (event) => {
    event.preventDefault();
    loadThem(told, upload, rows, fault, go);
  } },
    make("div", { class: "wide" }, make("table", { class: "confirm" },
      make("thead", {}, make("tr", {}, ...[gettext("File"), gettext("It is"), gettext("In it"), gettext("What we noticed")].map((name) => make("th", {}, name)))),
      make("tbody", {}, ...rows.map(({ row }) => row)))),
    refused.length ? make("div", { class: "note once" }, make("strong", {}, gettext("Not used")),
      make("ul", {}, ...refused.map(({ file, error }) => make("li", {}, `${file}: ${error}`)))) : null,
    fault, stays, make("div", { class: "row middle" }, go, missing));
  get("confirm").replaceChildren(form);
  get("report").hidden = false;
  check();
  get("report-title").focus();
}

function rowOf(report, guessed) {
  const shape = Object.keys(report.geometry)[0] ?? "";
  const role = make("select", { "aria-label": gettext("What %(file)s is", { file: report.file }) },
    ...roles().map(([value, name]) => make("option", { value, selected: value === guessed }, name)));
  let crs = null;
  if (!report.crs) {
    const input = make("input", { type: "text", placeholder: "EPSG:4547", spellcheck: "false", "aria-label": gettext("Coordinate system of %(file)s", { file: report.file }) });
    crs = make("label", { class: "field" }, make("span", { class: "fault" }, gettext("It does not say its coordinate system; which is it?")), input);
  }
  const counted = ngettext("%(num)s shape", "%(num)s shapes", report.count);
  const noticed = report.defects.length
    ? make("ul", { class: "noticed" }, ...report.defects.map((text) => make("li", {}, text)))
    : make("span", { class: "quiet" }, gettext("nothing wrong"));
  const told = report.file.endsWith(report.layer) || report.file.startsWith(report.layer) ? report.file : `${report.file} · ${report.layer}`;
  const row = make("tr", {},
    make("td", {}, make("strong", {}, told), make("span", { class: "quiet" }, [report.format, report.encoding].filter(Boolean).join(" · "))),
    make("td", { class: "field" }, role, crs),
    make("td", { class: "counted", title: shape }, counted, make("span", { class: "quiet" }, report.crs)),
    make("td", {}, noticed));
  return { row, role, crs, report };
}

async function loadThem(told, upload, rows, fault, go) {
  const layers = rows.map(({ role, crs, report }) => ({
    file: report.file, layer: report.layer, role: role.value, crs: (role.value && crs?.querySelector("input").value.trim()) || "",
  }));
  const others = keeps(told, layers.map(({ role }) => role)) ? told.others.id : null;
  go.disabled = true;
  try {
    const job = await send(`${at(told.urls.upload, upload.id)}/confirm`, told.csrf, { ...upload.guess, layers, others_id: others });
    remember(null);
    watch(told, job.id);
  } catch (error) {
    fault.replaceChildren(faultOf(error));
    go.disabled = false;
  }
}

async function watch(told, job) {
  get("report").hidden = true;
  get("send").hidden = true;
  const ended = await showJob(get("job"), { url: at(told.urls.jobs, job), csrf: told.csrf, title: gettext("Loading the layers") });
  if (ended.state === "done") {
    location.assign(told.urls.then);
    return;
  }
  get("send").hidden = false;
  showFailure(get("job"), ended, make("a", { class: "button", href: location.href }, gettext("Send them again")));
}
