/** The right column: the packet. Read from the top, ten seconds are enough to know what to say first. */

import { fill, h, sign } from "../dom.js";
import { date, day, isPast, moment, percent } from "../format.js";
import { blocks, link } from "../markdown.js";
import { isUrgent, selectedHandover } from "../model.js";
import * as words from "../words.js";
import { notesView } from "./notes-view.js";

/** @typedef {Record<string, any>} Packet */

/** @param {import("../main.js").Parts} parts */
export function packetView(parts) {
  const { store } = parts;
  const content = h("div", { class: "packet-content" });
  const notes = notesView(parts);
  const scroller = h("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": "Pakkens indhold" }, content, notes.element);
  const title = h("h2", { id: "packet-title", tabindex: "-1" }, "Pakke");
  const element = h(
    "section",
    { class: "packet-column", "aria-labelledby": "packet-title" },
    h(
      "div",
      { class: "column-head" },
      h(
        "div",
        { class: "head-line" },
        h("button", { type: "button", class: "plain middle-only", onclick: () => store.set({ pane: "conversation" }) }, sign("← "), "Samtale"),
        title,
      ),
    ),
    scroller,
  );
  let shown = "";

  store.watch(
    (state) => [state.selected, state.details, state.lists],
    (state) => {
      const handover = selectedHandover(state);
      const detail = handover ? state.details[handover.conversation_id] : null;
      element.classList.toggle("is-empty", !detail);
      scroller.hidden = !detail;
      notes.show(detail ? handover : null, detail?.notes ?? []);
      if (!handover || !detail) return;
      const signature = JSON.stringify([handover.id, detail.packet, detail.notes.length, handover.urgency, handover.contact, handover.promised_by]);
      if (signature === shown) return;
      if (!shown.startsWith(`["${handover.id}"`)) scroller.scrollTop = 0;
      shown = signature;
      fill(content, sections(detail.packet ?? {}, handover, detail));
    },
  );

  return { element, focus: () => title.focus(), focusNote: () => notes.focus() };
}

/** @param {Packet} packet @param {import("../types.js").Handover} handover @param {import("../types.js").Detail} detail */
function sections(packet, handover, detail) {
  const contact = packet.contact ?? handover.contact;
  const question = packet.question || handover.question || contact?.question;
  const lastNote = detail.notes.at(-1);
  const lang = handover.language === "da" ? undefined : handover.language;
  return [
    h(
      "section",
      { class: `first${isUrgent(handover) ? " urgent" : ""}` },
      h("h3", {}, "Svar på dette først"),
      h("blockquote", { lang }, question || "Borgeren har ikke stillet et spørgsmål."),
      h(
        "p",
        { class: "first-why" },
        isUrgent(handover) ? h("span", { class: "badge urgent" }, sign("!"), "Haster") : null,
        h("span", { class: "badge" }, words.reason(packet.reason ?? handover.reason)),
        handover.language !== "da" ? h("span", { class: "badge" }, words.language(handover.language)) : null,
      ),
    ),
    lastNote ? section("Seneste note", h("p", { class: "note-text" }, lastNote.text), h("p", { class: "quiet" }, `${lastNote.employee_name}, ${moment(lastNote.at)}`)) : null,
    packet.summary ? section("Resumé", asList(packet.summary).map((line) => blocks(line))) : null,
    contact ? section("Kontakt", contactOf(contact, packet.promised_by ?? handover.promised_by)) : null,
    section("Oplyst", factsOf(packet.facts)),
    section("Emner", topicsOf(packet.topics ?? handover.topics ?? [])),
    section("Vist for borgeren", answersOf(packet.answers_shown ?? [], detail.messages)),
    section("Prøvet", triedOf(packet.tried)),
    section(
      "Om henvendelsen",
      definitions([
        ["Kvittering", handover.receipt],
        ["Enhed", handover.team_name ?? handover.team],
        ["Sprog", words.language(handover.language)],
        ["Kanal", words.channel(packet.channel)],
        ["Målgruppe", words.audience(packet.audience)],
        ["Modtaget", moment(handover.created_at)],
        ["Chatten var", openingOf(packet.opening_state)],
      ]),
    ),
  ];
}

/** A section, or nothing if it would be empty. @param {string} title @param {...any} children */
function section(title, ...children) {
  const present = children.flat(Infinity).filter(Boolean);
  return present.length ? h("section", {}, h("h3", {}, title), present) : null;
}

/** @param {any} value @returns {string[]} */
const asList = (value) => (Array.isArray(value) ? value : value === null || value === undefined || value === "" ? [] : [value]).map(say);

/** Whatever the record holds, as a line of text. @param {any} value @returns {string} */
function say(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "Ja" : "Nej";
  if (typeof value !== "object") return String(value);
  const text = value.label ?? value.title ?? value.text ?? value.query ?? value.question;
  const result = value.outcome ?? value.kind ?? value.result;
  if (text) return result ? `${text} – ${words.kind(result)}` : String(text);
  return Object.values(value).map(say).filter(Boolean).join(" · ");
}

/** @param {import("../types.js").Contact} contact @param {string|null|undefined} promised */
const contactOf = (contact, promised) =>
  definitions([
    ["Navn", contact.name],
    ["Telefon", contact.phone ? link(`tel:${contact.phone.replace(/[^\d+]/g, "")}`, contact.phone) : null],
    ["E-mail", contact.email ? link(`mailto:${contact.email}`, contact.email) : null],
    ["Hvornår", contact.when],
    ["Lovet senest", promised ? `${day(promised)}${isPast(promised) ? " – overskredet" : ""}` : null],
  ]);

/** @param {any} facts */
function factsOf(facts) {
  if (!facts) return null;
  const pairs = Array.isArray(facts)
    ? facts.map((one) => [one.label ?? words.fact(one.name ?? one.key), say(one.value ?? one.text)])
    : Object.entries(facts).map(([name, value]) => [words.fact(name), asList(value).join(", ")]);
  return definitions(/** @type {[string, any][]} */ (pairs));
}

/** @param {import("../types.js").Topic[]} topics */
const topicsOf = (topics) =>
  topics.length
    ? h(
        "ul",
        { class: "topics" },
        topics.map((topic) =>
          h(
            "li",
            {},
            h("span", {}, topic.title ?? topic.topic),
            typeof topic.confidence === "number"
              ? [h("meter", { min: 0, max: 1, value: topic.confidence, "aria-hidden": "true" }), h("span", { class: "share" }, percent(topic.confidence))]
              : null,
          ),
        ),
      )
    : null;

/** @param {any[]} answers @param {import("../types.js").Message[]} messages */
function answersOf(answers, messages) {
  const sources = new Map(messages.flatMap((message) => (message.sources ?? []).map((source) => [source.topic, source])));
  return answers.length
    ? h(
        "ul",
        {},
        answers.map((answer) => {
          const source = sources.get(answer.topic);
          const details = [
            source?.reviewed ? `gennemgået ${date(source.reviewed)}` : null,
            answer.revision ? `udgave ${String(answer.revision).slice(0, 8)}` : null,
          ].filter(Boolean);
          return h("li", {}, link(source?.url, answer.title ?? source?.title ?? answer.topic), details.length ? h("span", { class: "quiet" }, ` · ${details.join(" · ")}`) : null);
        }),
      )
    : null;
}

/** @param {any} tried */
function triedOf(tried) {
  const lines = asList(tried).filter(Boolean);
  return lines.length ? h("ul", {}, lines.map((line) => h("li", {}, words.kind(line)))) : null;
}

/** @param {any} state */
const openingOf = (state) =>
  state === null || state === undefined ? null : typeof state === "object" ? (state.text ?? words.openingState(state.open)) : words.openingState(state);

/** @param {[string, any][]} pairs */
function definitions(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return known.length ? h("dl", {}, known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))) : null;
}
