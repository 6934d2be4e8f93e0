/** A modal dialog: Esc closes, focus goes in and comes back to where it was. */

import { h, sign } from "../dom.js";

let count = 0;

/**
 * @param {object} options
 * @param {string} options.title
 * @param {(close: () => void) => any} options.content
 * @param {boolean} [options.wide]
 * @returns {HTMLDialogElement}
 */
export function openModal({ title, content, wide = false }) {
  const before = /** @type {HTMLElement|null} */ (document.activeElement);
  const key = before?.dataset.key;
  const id = `dialog-${++count}`;
  const dialog = h("dialog", { class: wide ? "modal wide" : "modal", "aria-labelledby": id });
  const close = () => dialog.close();
  dialog.append(
    h(
      "div",
      { class: "modal-head" },
      h("h2", { id }, title),
      h("button", { type: "button", class: "plain", "aria-label": "Luk dialogen", onclick: close }, sign("✕")),
    ),
    ...[content(close)].flat(),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    // What opened it may have been drawn anew, or be gone.
    const target = before?.isConnected ? before : key ? document.querySelector(`[data-key="${CSS.escape(key)}"]`) : null;
    if (document.activeElement === document.body) {
      /** @type {HTMLElement|null} */ (target ?? document.querySelector("#conversation-title, #list-title"))?.focus();
    }
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * A dialog with a form that calls the service: the button rests meanwhile, and a refusal is shown in words.
 *
 * @param {object} options
 * @param {string} options.title
 * @param {any[]} options.fields
 * @param {string} options.submit the button's words
 * @param {() => string|null} [options.check] what is missing, in words
 * @param {() => Promise<void>} options.act
 */
export function openForm({ title, fields, submit, check = () => null, act }) {
  const problem = h("p", { class: "problem", role: "alert" });
  const button = h("button", { type: "submit", class: "primary" }, submit);
  return openModal({
    title,
    content: (close) =>
      h(
        "form",
        {
          class: "modal-form",
          novalidate: true,
          onsubmit: async (/** @type {Event} */ event) => {
            event.preventDefault();
            problem.textContent = check() ?? "";
            if (problem.textContent) return;
            button.disabled = true;
            try {
              await act();
              close();
            } catch (error) {
              problem.textContent = /** @type {Error} */ (error).message;
            } finally {
              button.disabled = false;
            }
          },
        },
        fields,
        problem,
        h("div", { class: "modal-foot" }, h("button", { type: "button", onclick: close }, "Fortryd"), button),
      ),
  });
}

/** @param {string} id @param {string} label @param {any} control @param {string} [hint] */
export const labelled = (id, label, control, hint) => {
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h("div", { class: "field" }, h("label", { for: id }, label), control, hint ? h("p", { class: "hint", id: `${id}-hint` }, hint) : null);
};
