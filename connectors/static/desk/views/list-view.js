/** The lists: who waits, what is mine, whom to call, what is done. */

import { fill, h, reconcile, sign, spoken } from "../dom.js";
import { clock, day, duration, isPast, moment } from "../format.js";
import { arrowKeys } from "../keyboard.js";
import { LISTS, citizenName, colleagues, isCallback, isUrgent, lastOfCitizen, mine, subject, unanswered, unread } from "../model.js";
import * as words from "../words.js";

/** @typedef {import("../types.js").Handover} Handover */
/** @typedef {import("../types.js").State} State */

/** @param {import("../main.js").Parts} parts */
export function listView({ store, work }) {
  const tabs = h("nav", { class: "lists", "aria-label": "Lister" });
  const title = h("h2", { id: "list-title", tabindex: "-1" });
  const empty = h("p", { class: "empty" });
  const own = h("ul", { class: "rows", "aria-labelledby": "list-title" });
  const othersTitle = h("h3", { class: "rows-title", id: "others-title" }, "Hos kolleger");
  const others = h("ul", { class: "rows", "aria-labelledby": "others-title" });
  const scroller = h("div", { class: "scroller" }, empty, own, othersTitle, others);
  arrowKeys(scroller);

  store.watch(
    (state) => [state.lists, state.list, state.details, state.read],
    (state) => fill(tabs, LISTS.map((name, place) => tab(state, name, place + 1))),
  );

  store.watch(
    (state) => [state.lists, state.list, state.selected, state.details, state.read, state.typing, state.loaded, state.outgoing],
    (state) => {
      const list = state.list === "overview" ? "waiting" : state.list;
      fill(title, words.listName(list));
      const rows = list === "active" ? mine(state) : state.lists[list];
      const shared = list === "active" ? colleagues(state) : [];
      show(state, own, rows);
      show(state, others, shared);
      own.hidden = rows.length === 0;
      others.hidden = othersTitle.hidden = shared.length === 0;
      empty.hidden = rows.length > 0;
      empty.textContent = state.loaded ? words.emptyList(list) : "Henter …";
    },
  );

  setInterval(() => tick(scroller), 10_000);

  /** @param {State} state @param {import("../types.js").ListName} name @param {number} digit */
  function tab(state, name, digit) {
    const rows = name === "active" ? mine(state) : state.lists[name];
    const news = name === "active" ? rows.filter((row) => unread(state, row.conversation_id) > 0).length : 0;
    return h(
      "button",
      {
        type: "button",
        class: "tab",
        data: { key: `list-${name}` },
        "aria-current": state.list === name ? "true" : undefined,
        "aria-keyshortcuts": `Alt+${digit}`,
        onclick: () => work.show(name),
      },
      h("span", { class: "tab-name" }, words.listName(name)),
      " ",
      h("span", { class: "count" }, rows.length),
      news ? [sign("●", "news"), spoken(`, ${news} med nyt`)] : null,
    );
  }

  /** @param {State} state @param {HTMLElement} list @param {Handover[]} handovers */
  function show(state, list, handovers) {
    reconcile(
      list,
      handovers.map((handover) => rowOf(state, handover)),
      (row) => row.handover.id,
      build,
      ({ handover, since: _, ...shown }) => [shown, { ...handover, waiting_seconds: 0, since: 0 }],
    );
    const sinceOf = new Map(handovers.map((handover) => [handover.id, handover.since]));
    for (const time of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("[data-since-of]"))) {
      const since = sinceOf.get(time.dataset.sinceOf ?? "");
      if (since) time.dataset.since = String(since);
    }
    tick(list);
  }

  /** @param {{handover: Handover, selected: boolean, news: number, last: string, types: boolean, unsent: boolean, isOwn: boolean, owes: string|null, since: number}} row */
  function build({ handover, selected, news, last, types, unsent, isOwn, owes }) {
    const urgent = isUrgent(handover);
    return h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: `row${urgent ? " urgent" : ""}${news ? " unread" : ""}`,
          data: { key: `row-${handover.id}` },
          "aria-current": selected ? "true" : undefined,
          onclick: () => work.select(handover),
        },
        h(
          "span",
          { class: "row-head" },
          urgent ? h("span", { class: "badge urgent" }, sign("!"), "Haster") : null,
          handover.contact?.name ? h("strong", {}, citizenName(handover)) : null,
          h("span", { class: "team" }, handover.team_name ?? handover.team),
          timeOf(handover, owes, isOwn),
        ),
        h("span", { class: "row-subject", lang: handover.language }, last || subject(handover)),
        h(
          "span",
          { class: "row-foot" },
          news ? h("span", { class: "badge news" }, `${news} ${news === 1 ? "ny" : "nye"}`) : null,
          types ? h("span", { class: "typing" }, "skriver …") : null,
          unsent ? h("span", { class: "badge warn" }, sign("!"), "Ikke sendt") : null,
          handover.language !== "da" ? h("span", { class: "badge" }, words.language(handover.language)) : null,
          footOf(handover, isOwn),
          h("span", { class: "receipt" }, handover.receipt),
        ),
      ),
    );
  }

  return h("section", { class: "list-column", "aria-labelledby": "list-title" }, tabs, h("div", { class: "column-head spoken" }, title), scroller);
}

/** @param {State} state @param {Handover} handover */
function rowOf(state, handover) {
  const id = handover.conversation_id;
  const messages = state.details[id]?.messages ?? [];
  const isOwn = handover.state === "active" && handover.employee?.id === state.employee?.id;
  const latest = lastOfCitizen(messages)?.text ?? "";
  return {
    handover,
    isOwn,
    selected: state.selected?.id === handover.id,
    news: isOwn ? unread(state, id) : 0,
    last: isOwn && !isCallback(handover) ? latest : "",
    types: isOwn && (state.typing[id] ?? 0) > Date.now(),
    unsent: (state.outgoing[id] ?? []).some((one) => one.status === "failed"),
    owes: isOwn && !isCallback(handover) ? (unanswered(messages)[0]?.at ?? null) : null,
    since: handover.since ?? 0,
  };
}

/** @param {Handover} handover @param {string|null} owes since when the citizen waits for my answer @param {boolean} isOwn */
function timeOf(handover, owes, isOwn) {
  if (handover.state === "waiting") {
    return h("span", { class: "wait" }, spoken("Har ventet "), h("span", { data: { sinceOf: handover.id, since: handover.since } }));
  }
  if (isCallback(handover) && handover.state !== "closed") {
    const late = isPast(handover.promised_by);
    return h(
      "span",
      { class: late ? "wait late" : "wait" },
      late ? [sign("!"), "Overskredet "] : "Senest ",
      handover.promised_by ? day(handover.promised_by) : "",
    );
  }
  if (owes) return h("span", { class: "wait" }, sign("↩ "), spoken("Venter på dit svar "), h("span", { data: { since: Date.parse(owes) } }));
  return h("span", { class: "wait" }, isOwn ? "Besvaret" : handover.state === "active" ? (handover.employee?.name ?? "") : moment(handover.created_at));
}

/** @param {Handover} handover @param {boolean} isOwn */
function footOf(handover, isOwn) {
  if (handover.state === "closed") return h("span", {}, words.outcome(handover.outcome), handover.employee ? ` · ${handover.employee.name}` : "");
  if (isCallback(handover)) {
    return h("span", {}, [handover.contact?.when, isOwn ? null : handover.employee?.name].filter(Boolean).join(" · ") || "Ring op");
  }
  if (handover.state === "active" && handover.employee) return h("span", {}, `Siden ${clock(handover.created_at)}`);
  return h("span", {}, words.reason(handover.reason));
}

/** @param {HTMLElement} root */
function tick(root) {
  for (const time of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-since]"))) {
    const shown = duration(Math.max(0, Date.now() - Number(time.dataset.since)));
    if (time.textContent !== shown) time.textContent = shown;
  }
}
