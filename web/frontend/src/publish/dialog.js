/** A dialog of the workbench: a title, what it tells, and what can be done; gone when it is closed. */
import { make } from "../dom.js";
import { gettext } from "../words.js";

/**
 * @param {string} title
 * @returns {{tell: (...nodes: (Node | string)[]) => void, offer: (...buttons: HTMLElement[]) => void,
 *     say: (text: string, kind?: "quiet" | "fault") => void, onclose: () => void}}
 */
export function openDialog(title) {
  const body = make("div", { class: "dialog-body" });
  const said = make("p", { class: "quiet", role: "status" });
  const row = make("div", { class: "row dialog-row" });
  const name = make("h2", { id: "dialog-title" }, title);
  const dialog = make("dialog", { class: "dialog", "aria-labelledby": name.id }, name, body, said, row);
  const close = make("button", { type: "button", class: "button", onclick: () => dialog.close() }, gettext("Close"));
  const made = {
    tell: (...nodes) => body.replaceChildren(...nodes.filter(Boolean)),
    offer: (...buttons) => row.replaceChildren(close, ...buttons.filter(Boolean)),
    say(text, kind = "quiet") {
      said.className = kind;
      said.replaceChildren(text);
    },
    onclose() {},
  };
  dialog.onclose = () => {
    dialog.remove();
    made.onclose();
  };
  made.offer();
  document.body.append(dialog);
  dialog.showModal();
  return made;
}

/** A button that cannot be pressed twice while its work goes on. */
export function doing(text, work, { first = false } = {}) {
  const button = make("button", { type: "button", class: first ? "button first" : "button" }, text);
  button.onclick = async () => {
    button.disabled = true;
    try {
      await work();
    } finally {
      button.disabled = false;
    }
  };
  return button;
}
