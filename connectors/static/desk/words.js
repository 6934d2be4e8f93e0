/** The Danish words for the API's codes. An unknown code is shown as it is, rather than nothing. */

/** @param {Record<string, string>} words @returns {(code: unknown) => string} */
const lookup = (words) => (code) => words[String(code)] ?? String(code ?? "");

export const listName = lookup({
  waiting: "Venter",
  active: "Mine",
  callback: "Opkald",
  closed: "Lukkede",
  overview: "Overblik",
});

export const emptyList = lookup({
  waiting: "Ingen venter lige nu.",
  active: "Du har ingen samtaler. Tag en fra Venter.",
  callback: "Ingen har bedt om at blive ringet op.",
  closed: "Ingen lukkede henvendelser.",
});

export const reason = lookup({
  asked: "Bad selv om en medarbejder",
  no_answer: "Fik ikke svar",
  low_confidence: "Usikkert svar",
  sensitive: "Følsomt emne",
  complaint: "Klage",
  guide: "Fra guide",
  failure: "Teknisk fejl",
});

export const outcome = lookup({
  solved: "Løst",
  referred: "Henvist",
  callback: "Aftalt opkald",
  no_contact: "Ikke truffet",
  other: "Andet",
  returned: "Givet til assistenten",
  withdrawn: "Borgeren ville ikke vente",
});

export const conversationState = lookup({
  assistant: "Hos assistenten",
  waiting: "Venter",
  employee: "Hos medarbejder",
  callback: "Venter på opkald",
  closed: "Afsluttet",
});

export const handoverState = lookup({
  waiting: "Venter",
  active: "I gang",
  callback: "Venter på opkald",
  closed: "Lukket",
});

export const presence = lookup({ available: "Ledig", paused: "Pause", offline: "Ikke til stede" });

export const language = lookup({ da: "Dansk", en: "Engelsk" });

export const audience = lookup({ citizen: "Borger", business: "Virksomhed", both: "Borger og virksomhed" });

export const channel = lookup({ web: "Hjemmesiden", widget: "Hjemmesiden", chat: "Chat", phone: "Telefon", email: "E-mail" });

export const openingState = lookup({ open: "Åbent", closed: "Lukket", true: "Åbent", false: "Lukket" });

export const kind = lookup({
  answer: "Svar",
  clarify: "Spurgte nærmere",
  no_answer: "Intet svar fundet",
  no_decision: "Afviste at afgøre",
  out_of_scope: "Uden for området",
  sensitive: "Følsomt emne",
  handover_offer: "Tilbød en medarbejder",
  guide_question: "Guide",
  guide_result: "Guidens resultat",
});

export const fact = lookup({
  address: "Adresse",
  case_type: "Sagstype",
  date: "Dato",
  district: "Bydel",
  place: "Sted",
  project: "Projekt",
  topic: "Emne",
  when: "Hvornår",
});
