/** Internal notes: only employees see them, and they are never changed. */

import { h, reconcile } from "../dom.js";
import { moment } from "../format.js";

/** @param {import("../main.js").Parts} parts */
export function notesView({ work, say, warn }) {
  /** @type {import("../types.js").Handover|null} */
  let handover = null;
  /** @type {Record<string, string>} */
  const unsaved = {};
  const list = h("ul", { class: "notes" });
  const field = h("textarea", { id: "note", rows: 2, "aria-describedby": "note-hint", "aria-keyshortcuts": "Alt+N" });
  const button = h("button", { type: "submit", class: "small" }, "Gem note");
  const form = h(
    "form",
    { class: "note-form", onsubmit: save },
    h("label", { for: "note" }, "Ny note"),
    field,
    h("div", { class: "note-foot" }, h("span", { id: "note-hint", class: "hint" }, "Borgeren ser den ikke. Kan ikke ændres."), button),
  );
  const element = h("section", { class: "notes-section" }, h("h3", {}, "Interne noter"), list, form);

  field.addEventListener("input", () => {
    if (handover) unsaved[handover.conversation_id] = field.value;
  });

  /** @param {Event} event */
  async function save(event) {
    event.preventDefault();
    const text = field.value.trim();
    if (!handover || !text) return field.focus();
    const { conversation_id } = handover;
    button.disabled = true;
    try {
      await work.note(handover, text);
      delete unsaved[conversation_id];
      if (handover?.conversation_id === conversation_id) field.value = "";
      say("Noten er gemt.");
    } catch (error) {
      warn(`Noten er ikke gemt. ${/** @type {Error} */ (error).message}`);
    } finally {
      button.disabled = false;
    }
  }

  return {
    element,
    focus: () => field.focus(),
    /** @param {import("../types.js").Handover|null} next @param {import("../types.js").Detail["notes"]} notes */
    show(next, notes) {
      if (next?.conversation_id !== handover?.conversation_id) field.value = unsaved[next?.conversation_id ?? ""] ?? "";
      handover = next;
      list.hidden = notes.length === 0;
      reconcile(
        list,
        notes.map((note, place) => ({ ...note, place })),
        (note) => String(note.place),
        (note) => h("li", {}, h("p", { class: "note-text" }, note.text), h("p", { class: "quiet" }, `${note.employee_name}, ${moment(note.at)}`)),
      );
    },
  };
}
