/** Who else works on the draft: told by the service as it happens, shown beside the draft's name. */
import { make } from "../dom.js";
import { gettext } from "../words.js";

/** After so long a line is asked for again that the service refused. */
const REFUSED_MS = 15000;

/**
 * @param {object} given
 * @param {string} given.url of the draft's events
 * @param {string} given.csrf
 * @param {string} given.login of the reader
 * @param {HTMLElement} given.place
 * @param {import("./commands.js").Commands} given.commands
 */
export function keepCompany({ url, csrf, login, place, commands }) {
  const address = `${url}?page=${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
  const sign = make("span", { class: "company", role: "status" });
  place.after(sign);
  let source;
  let shown = "";
  const hear = ({ data }) => {
    const { others, version } = JSON.parse(data);
    const names = others.map((name) => (name === login ? gettext("you, in another window") : name)).join(gettext(", "));
    if (names !== shown) {
      const said = names && gettext("Also working on it: %(names)s", { names });
      sign.replaceChildren(...(names ? [make("i", { "aria-hidden": "true" }), said] : []));
      sign.title = said;
      shown = names;
    }
    if (version > commands.draft.version) commands.follow(version);
  };
  const open = () => {
    source = new EventSource(address);
    source.addEventListener("company", hear);
    // a line that ended is opened again by the browser, one that was refused is not
    source.onerror = () => source.readyState === EventSource.CLOSED && setTimeout(open, REFUSED_MS);
  };
  open();
  addEventListener("pagehide", () => {
    source.close();
    fetch(address, { method: "DELETE", headers: { "X-CSRFToken": csrf }, keepalive: true }).catch(() => null);
  });
  // a page that is shown again from the browser's own memory is one that came back
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}
