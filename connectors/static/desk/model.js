/** What follows from the state. Pure functions. */

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Handover} Handover */
/** @typedef {import("./types.js").Message} Message */

/** @type {import("./types.js").ListName[]} */
export const LISTS = ["waiting", "active", "callback", "closed"];

/** @param {State} state */
export const mine = (state) => state.lists.active.filter((handover) => isMine(state, handover));

/** @param {State} state */
export const colleagues = (state) => state.lists.active.filter((handover) => !isMine(state, handover));

/** Whether I hold it now. @param {State} state @param {Handover|null|undefined} handover */
export const isMine = (state, handover) =>
  Boolean(handover && handover.state === "active" && handover.employee && handover.employee.id === state.employee?.id);

/** Whether it is a promise to call. @param {Handover} handover */
export const isCallback = (handover) => handover.state === "callback" || Boolean(handover.promised_by && handover.contact);

/** @param {Handover} handover */
export const isUrgent = (handover) => Boolean(handover.urgency) && handover.urgency !== "normal";

/** @param {Handover} handover */
export const canClaim = (handover) => (handover.state === "waiting" || handover.state === "callback") && !handover.employee;

/** The selected handover in its newest form. @param {State} state @returns {Handover|null} */
export function selectedHandover(state) {
  const chosen = state.selected;
  if (!chosen) return null;
  for (const name of LISTS) {
    const listed = state.lists[name].find((handover) => handover.id === chosen.id);
    if (listed) return listed;
  }
  const detail = state.details[chosen.conversation_id];
  return detail?.handover?.id === chosen.id ? { ...chosen, ...detail.handover } : chosen;
}

/** The citizen's last message. @param {Message[]} messages */
export const lastOfCitizen = (messages) => messages.findLast((message) => message.speaker === "citizen") ?? null;

/** The citizen's messages that nobody has answered yet. @param {Message[]} messages */
export function unanswered(messages) {
  const answered = messages.findLast((message) => message.speaker === "employee")?.seq ?? 0;
  return messages.filter((message) => message.speaker === "citizen" && message.seq > answered);
}

/** How many of the citizen's messages I have not seen. @param {State} state @param {string} conversationId */
export function unread(state, conversationId) {
  const messages = state.details[conversationId]?.messages ?? [];
  const seen = state.read[conversationId] ?? messages.findLast((message) => message.speaker === "employee")?.seq ?? 0;
  return messages.filter((message) => message.speaker === "citizen" && message.seq > seen).length;
}

/** What calls for attention: those who wait, and my conversations with something unread. @param {State} state */
export const attention = (state) =>
  state.lists.waiting.length + mine(state).filter((handover) => unread(state, handover.conversation_id) > 0).length;

/** "(2) Klara", or "Klara". @param {number} count */
export const pageTitle = (count) => (count > 0 ? `(${count}) Klara` : "Klara");

/** How a citizen is named on the desk. @param {Handover} handover */
export const citizenName = (handover) => handover.contact?.name || "Borger";

/** What the line of a list says. @param {Handover} handover */
export const subject = (handover) =>
  handover.question || handover.contact?.question || handover.topics?.[0]?.title || "Uden spørgsmål";

/** Put values in a canned reply: {navn}, {enhed}, {kvittering}. @param {string} text @param {Record<string, string>} values */
export const fillIn = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** The text of a search result, whatever form the passage has. @param {any} passage */
export const passageText = (passage) => (typeof passage === "string" ? passage : String(passage?.text ?? ""));

/** The list in which a handover is found. @param {State} state @param {Handover} handover @returns {import("./types.js").ListName} */
export const listOf = (state, handover) =>
  LISTS.find((name) => state.lists[name].some((other) => other.id === handover.id)) ?? handover.state;
