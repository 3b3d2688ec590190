/** What is written down in the street: a report with photos, a visit. Few taps; it is kept before it is sent. */
import { make } from "../dom.js";
import { gettext, number } from "../words.js";
import { CATEGORIES, buildingName, distance } from "./names.js";
import { gridsAt } from "./ground.js";

/** So near to a border the officer says which grid it is, metres; as the service has it. */
const NEAR = 30;
const MOST_PHOTOS = 6;

function dialog(title, ...children) {
  const box = make("dialog", { class: "field-dialog", "aria-labelledby": "field-dialog-title" });
  box.append(
    make("header", {}, make("h2", { id: "field-dialog-title" }, title),
      make("button", { type: "button", class: "button small", onclick: () => box.close() }, gettext("Cancel"))),
    ...children);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}

/**
 * Write a report.
 *
 * @param {object} given
 * @param {object[]} given.grids own grids and those around them
 * @param {{at: [number, number], accuracy: number} | null} given.me
 * @param {[number, number]} given.middle of the map
 * @param {(entry: object, files: File[]) => Promise<void>} given.onDone
 */
export function writeReport({ grids, me, middle, onDone }) {
  const files = [];
  const thumbs = make("div", { class: "field-thumbs" });
  const photo = make("input", { type: "file", accept: "image/*", multiple: true, id: "field-photo", onchange: (event) => {
    files.push(...[...event.target.files].slice(0, MOST_PHOTOS - files.length));
    event.target.value = "";
    thumbs.replaceChildren(...files.map((file) => make("img", { src: URL.createObjectURL(file), alt: file.name })));
  } });
  const choices = Object.entries(CATEGORIES).map(([value, word]) =>
    make("label", {}, make("input", { type: "radio", name: "category", value, required: true }), make("span", {}, word)));
  const text = make("textarea", { id: "field-text", rows: 2, maxlength: 2000 });
  const emergency = make("input", { type: "checkbox" });
  const where = make("select", { id: "field-where" },
    me && make("option", { value: "me" }, gettext("Where I am (to %(far)s), or where the photo was taken", { far: distance(me.accuracy) })),
    make("option", { value: "middle" }, gettext("In the middle of the map")));
  const border = make("fieldset", { class: "field-choices field-border" });
  const place = () => (where.value === "me" ? me.at : middle);
  const askBorder = () => {
    const near = gridsAt(grids, place(), NEAR);
    const doubtful = near.length > 1;
    border.hidden = !doubtful;
    border.replaceChildren(...(doubtful ? [
      make("legend", {}, gettext("A border is %(far)s away. Which grid is it?", { far: distance(near[0].border) })),
      ...near.map(({ grid }, at) =>
        make("label", {}, make("input", { type: "radio", name: "grid", value: grid.code, checked: at === 0 }), make("span", {}, grid.code))),
    ] : []));
  };
  where.onchange = askBorder;
  askBorder();
  const save = make("button", { class: "button first field-big" }, gettext("Keep and send"));
  const form = make("form", { onsubmit: async (event) => {
    event.preventDefault();
    save.disabled = true;
    const given = new FormData(form);
    const [lon, lat] = place();
    await onDone({
      kind: "report", lon, lat, by_hand: where.value !== "me", accuracy_m: where.value === "me" ? me.accuracy : null,
      category: given.get("category"), handling: emergency.checked ? "emergency" : "general", text: text.value.trim(),
      grid_code: given.get("grid") ?? "",
    }, files);
    box.close();
  } },
    make("label", { class: "button field-photo", for: "field-photo" }, gettext("Add photos"), photo), thumbs,
    make("fieldset", { class: "field-choices" }, make("legend", {}, gettext("What is it about?")), ...choices),
    make("div", { class: "field" }, make("label", { for: "field-text" }, gettext("In a few words")), text),
    make("div", { class: "field" }, make("label", { for: "field-where" }, gettext("Where it is")), where), border,
    make("label", { class: "choice field-urgent" }, emergency, gettext("Emergency: tell it up at once")),
    save);
  const box = dialog(gettext("Report something"), form);
}

/** Record a visit of a building: how many households, nobody's name. */
export function writeVisit({ building, onDone }) {
  const count = make("input", { type: "number", id: "field-households", min: 0, max: 100000, value: 1, inputmode: "numeric", required: true });
  const step = (by) => () => { count.value = String(Math.max(0, Number(count.value) + by)); };
  const box = dialog(buildingName(building),
    make("p", { class: "quiet" }, gettext("%(households)s households, %(people)s people", { households: number(building.households), people: number(building.population) })),
    make("form", { onsubmit: async (event) => {
      event.preventDefault();
      await onDone({ kind: "visit", building_id: building.id, households: Number(count.value) });
      box.close();
    } },
      make("label", { for: "field-households" }, gettext("Households visited")),
      make("div", { class: "field-step" },
        make("button", { type: "button", class: "button", onclick: step(-1), "aria-label": gettext("One less") }, "−"), count,
        make("button", { type: "button", class: "button", onclick: step(1), "aria-label": gettext("One more") }, "+")),
      make("p", { class: "quiet" }, gettext("Counts only; no names of residents are kept.")),
      make("button", { class: "button first field-big" }, gettext("Record the visit"))));
}

/** Show an open incident. */
export function showIncident(incident, told, onGo) {
  const box = dialog(incident.title || CATEGORIES[incident.category],
    make("p", { class: "quiet" }, told),
    incident.text && make("p", { class: "field-said" }, incident.text),
    make("button", { type: "button", class: "button first field-big", onclick: () => { box.close(); onGo(); } }, gettext("Show on the map")));
}
