/** Articles that fit the citizen's last message, each one click from the composer. */

import { fill, h } from "../dom.js";
import { inline, link } from "../markdown.js";
import { lastOfCitizen, passageText } from "../model.js";
import { load, save } from "../storage.js";

const HOW_MANY = 3;

/** @typedef {import("../types.js").Found} Found */

/** @param {Found} found @returns {import("../types.js").Source} */
export const sourceOf = (found) => ({ topic: found.topic, title: found.title, url: found.article_url });

/** One found article, with its passage and the button. @param {Found} found @param {string} language @param {(text: string, source: any) => void} onInsert */
export function foundRow(found, language, onInsert) {
  const text = passageText(found.passage);
  return h(
    "li",
    { class: "found", lang: language === "da" ? undefined : language },
    h(
      "div",
      { class: "found-text" },
      h("span", { class: "found-title" }, link(found.article_url, found.title)),
      h("span", { class: "found-passage" }, inline(text.replace(/\s*\n+\s*/g, " "))),
    ),
    h(
      "button",
      { type: "button", class: "small", lang: "da", "aria-label": `Indsæt: ${found.title}`, onclick: () => onInsert(text, sourceOf(found)) },
      "Indsæt",
    ),
  );
}

/**
 * @param {{store: import("../store.js").Store, api: import("../api.js").Api, onInsert: (text: string, source?: any) => void}} parts
 */
export function suggestionsView({ store, api, onInsert }) {
  const list = h("ul", { class: "found-list" });
  const summary = h("summary", {}, "Foreslåede artikler");
  const element = h("details", { class: "suggestions", hidden: true, open: load("suggestions", true) }, summary, list);
  element.addEventListener("toggle", () => save("suggestions", element.open));
  /** @type {import("../types.js").Handover|null} */
  let handover = null;
  let asked = "";

  store.watch((state) => [state.details], () => void refresh());

  async function refresh() {
    const message = handover && lastOfCitizen(store.get().details[handover.conversation_id]?.messages ?? []);
    const key = handover && message ? `${handover.conversation_id}:${message.seq}` : "";
    if (key === asked) return;
    asked = key;
    element.hidden = true;
    if (!handover || !message) return;
    const { language } = handover;
    const found = await api.search({ query: message.text.slice(0, 500), k: HOW_MANY, language }).catch(() => []);
    if (key !== asked) return; // the citizen wrote again meanwhile
    element.hidden = found.length === 0;
    fill(summary, "Foreslåede artikler ", h("span", { class: "count" }, found.length));
    fill(list, found.map((/** @type {Found} */ one) => foundRow(one, language, onInsert)));
  }

  return {
    element,
    /** @param {import("../types.js").Handover|null} next */
    show(next) {
      handover = next;
      void refresh();
    },
  };
}
