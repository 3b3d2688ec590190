/** A plan's files: links to those of a published plan, and those of any other written on request. */
import { make } from "../dom.js";
import { gettext } from "../words.js";
import { doing } from "./dialog.js";
import { follow, post } from "./requests.js";

const formats = () => ({
  shapefile: gettext("Shapefile"),
  geopackage: "GeoPackage",
  geojson: "GeoJSON",
  csv: gettext("Table (CSV)"),
  report: gettext("Report to print"),
  map: gettext("Map as a picture"),
  certificate: gettext("Certificate"),
  all: gettext("All files (zip)"),
});

const paper = () => [
  [gettext("Notice boards, A4"), { format: "boards", size: "A4" }],
  [gettext("Notice boards, A3"), { format: "boards", size: "A3" }],
  [gettext("Contact cards"), { format: "cards" }],
  [gettext("Atlas"), { format: "atlas" }],
];

/** Links to every file of a published plan. */
export const linksTo = (url) => make("ul", { class: "files" }, ...Object.entries(formats()).map(([name, text]) =>
  make("li", {}, make("a", { href: `${url}/${name}`, download: true, "data-format": name }, text))));

/**
 * Buttons that write a file of a plan as it stands, then hand it over.
 *
 * @param {[string, {format: string}][]} wanted what each is called, and what is asked for
 * @param {{exports: string, jobs: string}} urls
 * @param {string} csrf
 * @param {(text: string, kind?: string) => void} say
 */
function writersOf(wanted, urls, csrf, say) {
  const write = async (text, body) => {
    try {
      say(gettext("Writing: %(what)s …", { what: text }));
      const job = await post(urls.exports, { csrf, body });
      await follow(`${urls.jobs}/${job.id}`, ({ state, done }) => {
        if (state === "running") say(gettext("Writing: %(what)s … %(share)s %%", { what: text, share: Math.round(100 * done) }));
      });
      say(gettext("Written: %(what)s", { what: text }));
      make("a", { href: `${urls.jobs}/${job.id}/file`, download: true }).click();
    } catch (error) {
      say(error.message, "fault");
    }
  };
  return make("ul", { class: "files" }, ...wanted.map(([text, body]) => {
    const button = doing(text, () => write(text, body));
    button.dataset.format = body.format;
    return make("li", {}, button);
  }));
}

/** Buttons for the files of a plan that has none yet. */
export const writers = (...given) =>
  writersOf(Object.entries(formats()).map(([format, text]) => [text, { format }]), ...given);

/** Buttons for what is printed with the people of the day. */
export const printers = (...given) => writersOf(paper(), ...given);
