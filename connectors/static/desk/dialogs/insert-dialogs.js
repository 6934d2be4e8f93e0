/** Finding a text to put in the composer: a canned reply, or a passage of an article. */

import { cannedReplies, fitting, textOf } from "../canned.js";
import { fill, h, spoken } from "../dom.js";
import { arrowKeys } from "../keyboard.js";
import { foundRow } from "../views/suggestions-view.js";
import * as words from "../words.js";
import { labelled, openModal } from "./modal.js";

const WAIT_MS = 250;
const HOW_MANY = 8;

/** @typedef {import("../types.js").Handover} Handover */
/** @typedef {(text: string, source?: import("../types.js").Source) => void} Insert */

/** @param {Pick<import("../main.js").Parts, "store"|"api">} parts */
export function insertDialogs({ store, api }) {
  return {
    /** @param {Handover} handover @param {Insert} insert */
    async canned(handover, insert) {
      const { employee } = store.get();
      const replies = fitting(await cannedReplies(), handover);
      if (!employee) return;
      const search = h("input", { type: "text", inputmode: "search", autocomplete: "off" });
      const list = h("ul", { class: "choose" });
      const status = h("p", { class: "hint", role: "status" });
      arrowKeys(list);
      const dialog = openModal({
        title: "Standardsvar",
        wide: true,
        content: () => [labelled("canned-search", "Find", search), status, list],
      });
      const choose = (/** @type {import("../canned.js").Canned} */ reply) => {
        dialog.close();
        insert(textOf(reply, employee, handover));
      };
      const show = () => {
        const wanted = search.value.trim().toLowerCase();
        const fit = replies.filter((reply) => `${reply.title} ${reply.text}`.toLowerCase().includes(wanted));
        status.textContent = fit.length ? `${fit.length} svar. Enter vælger det første.` : "Ingen svar passer. Prøv et andet ord.";
        fill(
          list,
          fit.map((reply) =>
            h(
              "li",
              { lang: reply.language === "da" ? undefined : reply.language },
              h(
                "button",
                { type: "button", onclick: () => choose(reply) },
                h("strong", {}, reply.title),
                reply.language === "da" ? null : h("span", { class: "badge", lang: "da" }, words.language(reply.language)),
                h("span", {}, textOf(reply, employee, handover)),
              ),
            ),
          ),
        );
        return fit;
      };
      search.addEventListener("input", show);
      search.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Enter") {
          event.preventDefault();
          const [first] = show();
          if (first) choose(first);
        } else if (event.key === "ArrowDown") {
          event.preventDefault();
          list.querySelector("button")?.focus();
        }
      });
      show();
      search.focus();
    },

    /** @param {Handover} handover @param {Insert} insert */
    articles(handover, insert) {
      const search = h("input", { type: "text", inputmode: "search", autocomplete: "off" });
      const list = h("ul", { class: "found-list whole" });
      const status = h("p", { class: "hint", role: "status" }, "Skriv, hvad borgeren spørger om.");
      const dialog = openModal({
        title: "Søg i artikler",
        wide: true,
        content: () => [labelled("article-search", "Søg", search), status, list],
      });
      let wait = 0;
      let round = 0;
      const run = async () => {
        const query = search.value.trim();
        const mine = ++round;
        if (query.length < 2) return;
        try {
          const found = await api.search({ query, k: HOW_MANY, language: handover.language });
          if (mine !== round) return;
          status.textContent = found.length ? `${found.length} artikler` : "Ingen artikler passer. Prøv et andet ord.";
          fill(list, found.map((one) => foundRow(one, handover.language, (text, source) => {
            dialog.close();
            insert(text, source);
          })));
        } catch (error) {
          if (mine === round) status.textContent = /** @type {Error} */ (error).message;
        }
      };
      search.addEventListener("input", () => {
        clearTimeout(wait);
        wait = window.setTimeout(run, WAIT_MS);
      });
      search.focus();
    },
  };
}

/** @param {import("../keyboard.js").Shortcut[]} shortcuts */
export function openHelp(shortcuts) {
  openModal({
    title: "Genveje",
    content: () => [
      h(
        "dl",
        { class: "shortcuts" },
        [
          ...shortcuts.map(({ keys, words: what }) => ({ keys, what })),
          { keys: "↑ ↓", what: "Flyt i listen" },
          { keys: "Enter", what: "Send (i skrivefeltet)" },
          { keys: "Shift+Enter", what: "Ny linje" },
          { keys: "Esc", what: "Luk en dialog" },
        ].map(({ keys, what }) => h("div", {}, h("dt", {}, h("kbd", {}, keys), spoken(":")), h("dd", {}, what))),
      ),
    ],
  });
}
