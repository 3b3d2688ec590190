/** The workbench's panels: they lie over the map, fold away, and this browser remembers how they were. */
import { gettext } from "../words.js";

const KEY = "bench.panels";
/** Between a panel and the edge of the map, pixels. */
const GAP = 12;

/**
 * @typedef {object} Panels where the workbench puts what it shows
 * @property {HTMLElement} tools a toolbar at the left; not seen while it is empty
 * @property {HTMLElement} table the grids
 * @property {HTMLElement} histogram how their sizes are spread
 * @property {HTMLElement} why what makes the selected grid as it is
 * @property {HTMLElement | null} act what can be done with the chosen grid; null: nothing may
 * @property {HTMLElement | null} effect what a change would do
 * @property {HTMLElement | null} troubles what an edit has broken
 * @property {HTMLElement} status what holds of the whole plan
 * @property {HTMLElement} hint what is under the pointer, or would happen
 * @property {HTMLElement} saved whether all is saved
 * @property {Record<"undo" | "redo" | "compare" | "review" | "publish" | "export", HTMLButtonElement>} actions disabled until
 *     someone enables them; what the reader may not do is not there
 * @property {(name: "grids" | "spread" | "why") => void} unfold show a part of the panel, whatever was folded
 */

/**
 * Bring the panels to life.
 *
 * @param {import("../map/index.js").GridMap} map
 * @returns {Panels}
 */
export function openPanels(map) {
  const get = (id) => document.getElementById(id);
  const panel = get("panel");
  const fold = get("fold");
  const narrow = matchMedia("(max-width: 640px)");
  const parts = [...panel.querySelectorAll("details[data-part]")];
  const remembered = JSON.parse(localStorage.getItem(KEY) ?? "{}");

  const remember = () => {
    const open = Object.fromEntries(parts.map((part) => [part.dataset.part, part.open]));
    localStorage.setItem(KEY, JSON.stringify({ folded: panel.hidden, open }));
  };
  const setFolded = (folded) => {
    panel.hidden = folded;
    fold.setAttribute("aria-expanded", String(!folded));
    fold.title = folded ? gettext("Show the panel") : gettext("Fold the panel away");
    fold.setAttribute("aria-label", fold.title);
    measure();
  };
  const covered = (pixels) => (pixels ? pixels + GAP : 0);
  const measure = () =>
    map.setEdges({
      left: covered(get("tools").offsetWidth),
      right: narrow.matches ? 0 : covered(panel.offsetWidth),
      bottom: narrow.matches ? covered(panel.offsetHeight) : 0,
    });

  for (const part of parts) {
    part.open = remembered.open?.[part.dataset.part] ?? part.open;
    part.addEventListener("toggle", remember);
  }
  fold.onclick = () => {
    setFolded(!panel.hidden);
    remember();
  };
  setFolded(remembered.folded ?? narrow.matches);
  const watch = new ResizeObserver(measure);
  watch.observe(get("tools"));
  watch.observe(panel);

  return {
    tools: get("tools"),
    table: get("grids"),
    histogram: get("spread"),
    why: get("why"),
    act: get("act"),
    effect: get("effect"),
    troubles: get("troubles"),
    status: get("holds"),
    hint: get("hint"),
    saved: get("saved"),
    actions: Object.fromEntries([...document.querySelectorAll("[data-action]")].map((one) => [one.dataset.action, one])),
    unfold(name) {
      setFolded(false);
      parts.find((part) => part.dataset.part === name).open = true;
      remember();
    },
  };
}
