/** What was said. Each message says in words who and when; new ones are read aloud once, old ones are not. */

import { fill, h, reconcile, sign, spoken } from "../dom.js";
import { clock, date, day } from "../format.js";
import { blocks, link } from "../markdown.js";
import { selectedHandover } from "../model.js";

const NEAR_END_PX = 60;
const QUIET_MS = 600;

/** @typedef {import("../types.js").Message} Message */
/** @typedef {import("../types.js").Outgoing} Outgoing */

/** @param {import("../main.js").Parts} parts */
export function transcriptView({ store, work, outbox, drafts, say }) {
  const log = h("div", { class: "log", role: "log", "aria-label": "Samtalen", "aria-live": "off", tabindex: "0" });
  const pending = h("div", { class: "pending" });
  const scroller = h("div", { class: "transcript" }, log, pending);
  const down = h("button", { type: "button", class: "to-end", hidden: true, onclick: () => toEnd() }, sign("↓"), "Nye beskeder");
  const typing = h("p", { class: "typing-line", role: "status" });
  const element = h("div", { class: "transcript-frame" }, scroller, down, typing);
  let shown = "";
  let quiet = 0;

  const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
  const toEnd = () => {
    scroller.scrollTop = scroller.scrollHeight;
    down.hidden = true;
  };
  const markRead = () => {
    if (shown && !document.hidden && document.hasFocus()) work.markRead(shown);
  };
  scroller.addEventListener("scroll", () => {
    if (isAtEnd()) down.hidden = true;
  });
  window.addEventListener("focus", markRead);
  document.addEventListener("visibilitychange", markRead);

  store.watch(
    (state) => [state.selected, state.details, state.outgoing],
    (state) => {
      const handover = selectedHandover(state);
      const id = handover?.conversation_id ?? "";
      const detail = state.details[id];
      const isAnother = id !== shown;
      const wasAtEnd = isAnother || isAtEnd();
      if (isAnother) {
        // The history of another conversation is not news, so it is not read aloud.
        log.setAttribute("aria-live", "off");
        log.replaceChildren();
        shown = id;
      }
      const wasEmpty = log.childElementCount === 0;
      const before = log.childElementCount;
      const messages = detail?.messages ?? [];
      reconcile(log, messages.map((message, place) => ({ message, newDay: isNewDay(messages, place) })), (one) => String(one.message.seq), build);
      reconcile(pending, state.outgoing[id] ?? [], (one) => one.client_id, (one) => unsent(id, one));
      if (wasEmpty && messages.length) {
        clearTimeout(quiet);
        quiet = window.setTimeout(() => log.setAttribute("aria-live", "polite"), QUIET_MS);
      }
      if (wasAtEnd) toEnd();
      else if (log.childElementCount > before) down.hidden = false;
      markRead();
    },
  );

  store.watch(
    (state) => [state.typing, state.selected],
    (state) => {
      const types = (state.typing[state.selected?.conversation_id ?? ""] ?? 0) > Date.now();
      fill(typing, types ? "Borgeren skriver …" : "");
    },
  );

  new ResizeObserver(() => {
    if (down.hidden) toEnd();
  }).observe(scroller);

  /** @param {string} id @param {Outgoing} one */
  function unsent(id, one) {
    const failed = one.status === "failed";
    return h(
      "div",
      { class: `message employee ${one.status}` },
      h("p", { class: "meta" }, h("strong", {}, "Dig"), failed ? [sign(" ! "), "Ikke sendt"] : " · Sender …"),
      h("div", { class: "bubble" }, blocks(one.text), sourcesOf(one.sources)),
      failed
        ? h(
            "p",
            { class: "failure" },
            h("span", {}, one.problem),
            h("button", { type: "button", class: "small", onclick: () => outbox.retry(id, one.client_id) }, "Prøv igen"),
            h("button", { type: "button", class: "small", onclick: () => back(id, one) }, "Ret teksten"),
          )
        : null,
    );
  }

  /** @param {string} id @param {Outgoing} one */
  function back(id, one) {
    const draft = drafts.get(id);
    drafts.set(id, {
      text: [one.text, draft.text].filter(Boolean).join("\n\n"),
      sources: [...one.sources, ...draft.sources],
    });
    outbox.remove(id, one.client_id);
    element.dispatchEvent(new CustomEvent("draft-changed", { bubbles: true }));
    say("Teksten er tilbage i skrivefeltet.");
  }

  return element;
}

/** @param {{message: Message, newDay: boolean}} one */
function build({ message, newDay }) {
  const lang = message.language === "da" ? undefined : message.language;
  const body = [blocks(message.text), sourcesOf(message.sources), offered(message)];
  return h(
    "div",
    { class: `message ${message.speaker}` },
    newDay ? h("p", { class: "day" }, day(message.at)) : null,
    message.speaker === "system"
      ? h("div", { class: "bubble" }, spoken("Besked fra systemet: "), body, h("span", { class: "at" }, ` ${clock(message.at)}`))
      : [
          h("p", { class: "meta" }, sign(MARKS[message.speaker] ?? "", "mark"), h("strong", {}, speaker(message)), ` · ${clock(message.at)}`),
          h("div", { class: "bubble", lang }, body),
        ],
  );
}

/** @type {Record<string, string>} */
const MARKS = { citizen: "B", assistant: "K", employee: "M" };

/** @param {Message} message */
function speaker(message) {
  if (message.speaker === "citizen") return "Borger";
  if (message.speaker === "assistant") return "Klara (digital assistent)";
  return message.speaker_name ? `${message.speaker_name} (medarbejder)` : "Medarbejder";
}

/** @param {import("../types.js").Source[]|undefined} sources */
function sourcesOf(sources) {
  if (!sources?.length) return null;
  return h(
    "ul",
    { class: "sources" },
    sources.map((source) =>
      h("li", {}, "Kilde: ", link(source.url, source.title ?? source.topic), source.reviewed ? ` · gennemgået ${date(source.reviewed)}` : ""),
    ),
  );
}

/** @param {Message} message */
const offered = (message) =>
  message.options?.length ? h("p", { class: "offered" }, `Tilbudt: ${message.options.map((option) => option.label).join(" · ")}`) : null;

/** @param {Message[]} messages @param {number} place */
const isNewDay = (messages, place) =>
  place > 0 && new Date(messages[place].at).toDateString() !== new Date(messages[place - 1].at).toDateString();
