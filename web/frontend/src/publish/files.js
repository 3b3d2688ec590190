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

/** Links to every file of a published plan. */
export const linksTo = (url) => make("ul", { class: "files" }, ...Object.entries(formats()).map(([name, text]) =>
  make("li", {}, make("a", { href: `${url}/${name}`, download: true, "data-format": name }, text))));

/**
 * Buttons that write a file of a plan as it stands, then hand it over.
 *
 * @param {{exports: string, jobs: string}} urls
 * @param {string} csrf
 * @param {(text: string, kind?: string) => void} say
 */
export function writers(urls, csrf, say) {
  const write = async (format, text) => {
    try {
      say(gettext("Writing: %(what)s …", { what: text }));
      const job = await post(urls.exports, { csrf, body: { format } });
      await follow(`${urls.jobs}/${job.id}`, () => {});
      say(gettext("Written: %(what)s", { what: text }));
      make("a", { href: `${urls.jobs}/${job.id}/file`, download: true }).click();
    } catch (error) {
      say(error.message, "fault");
    }
  };
  return make("ul", { class: "files" }, ...Object.entries(formats()).map(([name, text]) => {
    const button = doing(text, () => write(name, text));
    button.dataset.format = name;
    return make("li", {}, button);
  }));
}
