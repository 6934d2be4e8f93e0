/** Where the employee writes. Each conversation has its own draft, which is never lost by switching. */

import { fill, h, sign } from "../dom.js";
import { suggestionsView } from "./suggestions-view.js";

const TYPING_EVERY_MS = 3_000;
const MOST_ROWS_PX = 220;

/** @typedef {import("../types.js").Handover} Handover */
/** @typedef {import("../types.js").Source} Source */

/** @param {import("../main.js").Parts} parts */
export function composerView({ store, api, drafts, outbox, live, dialogs, say }) {
  /** @type {Handover|null} */
  let handover = null;
  let typedAt = 0;

  const field = h("textarea", { id: "composer", rows: 2, "aria-describedby": "composer-hint", autocomplete: "off" });
  const label = h("label", { for: "composer", class: "spoken" }, "Skriv til borgeren");
  const sources = h("ul", { class: "chosen-sources", "aria-label": "Kilder, der sendes med" });
  const suggestions = suggestionsView({ store, api, onInsert: insert });
  const element = h(
    "form",
    { class: "composer", hidden: true, onsubmit: send, "aria-label": "Svar" },
    suggestions.element,
    sources,
    label,
    field,
    h(
      "div",
      { class: "composer-foot" },
      h("button", { type: "button", class: "small", "aria-keyshortcuts": "Alt+K", onclick: openCanned }, "Standardsvar"),
      h("button", { type: "button", class: "small", "aria-keyshortcuts": "Alt+S", onclick: openArticles }, "Søg i artikler"),
      h("span", { id: "composer-hint", class: "hint" }, "Enter sender · Shift+Enter giver ny linje"),
      h("button", { type: "submit", class: "primary" }, "Send"),
    ),
  );

  field.addEventListener("input", () => {
    keep(field.value);
    if (handover && field.value && Date.now() - typedAt > TYPING_EVERY_MS) {
      typedAt = Date.now();
      live.typing(handover.conversation_id); // that something is typed, never what
    }
  });
  field.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.altKey && !event.isComposing) send(event);
  });
  document.addEventListener("draft-changed", () => present());

  const draft = () => drafts.get(handover?.conversation_id ?? "");

  /** @param {string} text @param {Source[]} [chosen] */
  function keep(text, chosen = draft().sources) {
    if (handover) drafts.set(handover.conversation_id, { text, sources: chosen });
    grow();
  }

  function grow() {
    field.style.height = "auto";
    field.style.height = `${Math.min(MOST_ROWS_PX, field.scrollHeight + 2)}px`;
  }

  function present() {
    field.value = draft().text;
    showSources();
    grow();
  }

  function showSources() {
    const chosen = draft().sources;
    sources.hidden = chosen.length === 0;
    fill(
      sources,
      chosen.map((source) =>
        h(
          "li",
          {},
          `Kilde: ${source.title ?? source.topic}`,
          h(
            "button",
            {
              type: "button",
              class: "remove",
              "aria-label": `Fjern kilden ${source.title ?? source.topic}`,
              onclick: () => {
                keep(field.value, chosen.filter((other) => other.topic !== source.topic));
                showSources();
                field.focus();
              },
            },
            sign("×"),
          ),
        ),
      ),
    );
  }

  /** Put text where the caret is, so that Ctrl+Z takes it away again. @param {string} text @param {Source} [source] */
  function insert(text, source) {
    field.focus();
    const start = field.selectionStart;
    const before = field.value.slice(0, start);
    const gap = before && !before.endsWith("\n") ? (before.endsWith(" ") ? "" : text.includes("\n") ? "\n\n" : " ") : "";
    if (!document.execCommand("insertText", false, gap + text)) {
      field.setRangeText(gap + text, start, field.selectionEnd, "end");
    }
    const others = draft().sources.filter((other) => other.topic !== source?.topic);
    keep(field.value, source ? [...others, source] : others);
    showSources();
    field.scrollTop = field.scrollHeight;
    say(source ? `Teksten fra ${source.title} er sat ind. Læs den igennem, før du sender.` : "Teksten er sat ind.");
  }

  /** @param {Event} event */
  function send(event) {
    event.preventDefault();
    const text = field.value.trim();
    if (!handover || !text) return;
    outbox.send(handover.conversation_id, { text, sources: draft().sources });
    typedAt = 0;
    drafts.set(handover.conversation_id, { text: "", sources: [] });
    present();
    field.focus();
  }

  function openCanned() {
    if (handover) dialogs.canned(handover, insert);
  }

  function openArticles() {
    if (handover) dialogs.articles(handover, insert);
  }

  return {
    element,
    /** @param {Handover|null} next the one to write in; null for none */
    show(next) {
      const isAnother = next?.conversation_id !== handover?.conversation_id;
      handover = next;
      element.hidden = !next;
      if (next) field.lang = next.language;
      if (next && isAnother) present();
      suggestions.show(next);
    },
    /** @returns {boolean} whether there was a composer to focus */
    focus() {
      if (element.hidden) return false;
      field.focus();
      return true;
    },
    openCanned,
    openArticles,
  };
}
