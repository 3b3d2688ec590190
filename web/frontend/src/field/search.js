/** Finding a place by what it is called: among what the phone keeps, and with reception among all that the layers name. */
import { make } from "../dom.js";
import { gettext } from "../words.js";
import { buildingName } from "./names.js";

const MOST = 12;
const PAUSE_MS = 250;
const KINDS = { building: gettext("Building"), compound: gettext("Compound"), road: gettext("Road") };

const plain = (text) => text.normalize("NFKC").toLocaleLowerCase().replace(/\s+/g, "");

/**
 * @param {HTMLInputElement} input
 * @param {HTMLElement} list
 * @param {object} given
 * @param {() => object[]} given.buildings those that the phone keeps
 * @param {string} given.url where the service looks for names; `q` is what was typed
 * @param {(found: {name: string, at: [number, number]}) => void} given.onFound
 */
export function startSearch(input, list, { buildings, url, onFound }) {
  let timer = null;
  let latest = 0;
  const show = (found) => {
    list.hidden = !input.value.trim();
    const rows = found.slice(0, MOST).map((one) =>
      make("li", {}, make("button", { type: "button", class: "field-row", onclick: () => {
        list.hidden = true;
        onFound(one);
      } }, make("span", { class: "field-what" }, make("strong", {}, one.name), make("small", {}, KINDS[one.kind] ?? "")))));
    list.replaceChildren(...(rows.length ? rows : [make("li", { class: "quiet" }, gettext("Nothing of this name here."))]));
  };
  const look = async () => {
    const asked = (latest += 1);
    const wanted = plain(input.value);
    if (!wanted) return show([]);
    const own = buildings()
      .filter((one) => plain(`${buildingName(one)} ${one.number}`).includes(wanted))
      .map((one) => ({ name: buildingName(one), kind: "building", at: one.at }));
    show(own);
    const answer = await fetch(`${url}${url.includes("?") ? "&" : "?"}q=${encodeURIComponent(input.value.trim())}`).catch(() => null);
    const told = answer?.ok ? await answer.json().catch(() => []) : [];
    if (asked !== latest) return;
    const there = new Set(own.map((one) => one.name));
    show([...own, ...told.filter((one) => !there.has(one.name)).map(({ name, kind, lon, lat }) => ({ name, kind, at: [lon, lat] }))]);
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  });
  input.form?.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("button")?.click();
  });
}
