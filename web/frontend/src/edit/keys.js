/** Every key of the workbench, and the page that lists them. */
import { make } from "../dom.js";
import { gettext } from "../words.js";
import { TOOLS } from "./tools.js";

/**
 * @param {object} given
 * @param {import("./tools.js").Tools} given.tools
 * @param {import("./actions.js").Actions} given.actions
 * @param {import("./commands.js").Commands} given.commands
 * @param {import("../bench/selection.js").Selection} given.selection
 * @param {import("./draft.js").Draft} given.draft
 * @param {import("../bench/colouring.js").Colouring} given.colouring
 * @param {HTMLElement} given.panelStatus the line that leads to what is to be mended
 */
export function bindKeys({ tools, actions, commands, selection, draft, colouring, panelStatus }) {
  const chosen = (work) => () => {
    const code = selection.selected;
    if (code && draft.grids.has(code)) work(code);
  };
  const keys = {
    ...Object.fromEntries(Object.entries(TOOLS).map(([tool, [key]]) => [key, () => tools.take(tool)])),
    s: chosen((code) => commands.split(code)),
    g: chosen((code) => actions.balance(code)),
    k: () => (tools.units.length ? actions.lockUnits(tools.units) : chosen((code) => actions.lockGrid(code))()),
    m: () => actions.place.querySelector("[aria-label] button")?.focus(),
    o: () => tools.takeFrom(tools.from === "every" ? "begun" : "every"),
    c: () => colouring.next(),
    n: () => panelStatus.querySelector("button")?.click(),
    "?": () => help.showModal(),
  };
  const help = helpPage();
  document.body.append(help);
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea, dialog[open]") || event.altKey) return;
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (command && key === "z") {
      event.preventDefault();
      if (event.shiftKey) commands.redo();
      else commands.undo();
    } else if (command && key === "y") {
      event.preventDefault();
      commands.redo();
    } else if (!command && key === "escape") {
      if (tools.units.length) tools.gather([]);
      else if (tools.tool !== "pick") tools.take("pick");
      else selection.select(null);
    } else if (!command && keys[key]) {
      event.preventDefault();
      keys[key]();
    }
  });
  return help;
}

function helpPage() {
  const rows = [
    ["V", gettext("Choose a grid")],
    ["Shift", gettext("with a click: choose single units")],
    ["B", gettext("Brush units into the chosen grid; without one, out of the grid where the stroke begins")],
    ["R", gettext("Choose units with a box")],
    ["L", gettext("Choose units with a lasso")],
    ["D", gettext("Split the chosen grid along a line")],
    ["S", gettext("Split the chosen grid in two")],
    ["M", gettext("Merge, or move what is chosen: to the list of neighbours")],
    ["G", gettext("Balance the chosen grid with its neighbours; all others stay")],
    ["K", gettext("Lock or unlock the chosen grid, or the chosen units")],
    ["O", gettext("Take units of the grid where a stroke or box begins only, or of every grid")],
    ["N", gettext("To the next grid to be mended")],
    ["C", gettext("Colour the grids by something else")],
    ["Ctrl Z", gettext("Undo")],
    ["Ctrl Y", gettext("Redo")],
    ["Esc", gettext("Let go of what is chosen")],
    ["?", gettext("This list")],
  ];
  const dialog = make("dialog", { class: "keys", "aria-label": gettext("Keys") },
    make("h2", {}, gettext("Keys")),
    make("dl", {}, ...rows.flatMap(([key, text]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, text)])),
    make("form", { method: "dialog" }, make("button", { class: "button" }, gettext("Close"))));
  return dialog;
}
