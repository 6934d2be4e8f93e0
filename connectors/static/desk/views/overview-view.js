/** The supervisor's view of the floor: who waits, how long, who is present, with how much. */

import { fill, h, sign } from "../dom.js";
import { duration } from "../format.js";
import * as words from "../words.js";

/** @param {import("../main.js").Parts} parts */
export function overviewView({ store, work }) {
  const content = h("div", { class: "overview-content" });
  const element = h(
    "section",
    { class: "overview", "aria-labelledby": "overview-title", hidden: true },
    h(
      "div",
      { class: "column-head" },
      h(
        "div",
        { class: "head-line" },
        h("button", { type: "button", class: "plain narrow-only", onclick: () => work.show("waiting") }, sign("← "), "Lister"),
        h("h2", { id: "overview-title", tabindex: "-1" }, "Overblik"),
      ),
    ),
    content,
  );

  store.watch(
    (state) => [state.overview, state.list, state.lists],
    (state) => {
      element.hidden = state.list !== "overview";
      if (!element.hidden) fill(content, state.overview ? report(state) : h("p", { class: "empty" }, "Henter …"));
    },
  );
  return element;
}

/** @param {import("../types.js").State} state */
function report(state) {
  const now = state.overview ?? {};
  return [
    h(
      "dl",
      { class: "tiles" },
      tile("Chatten", now.open ? "Åben" : "Lukket"),
      tile("Venter", now.waiting),
      tile("Længste ventetid", now.waiting ? duration((now.longest_wait_seconds ?? 0) * 1000) : "Ingen venter"),
      tile("I gang", now.active),
      tile("Opkald", now.callbacks),
    ),
    h(
      "div",
      { class: "tables" },
      table("Til stede", ["Navn", "Status", "Samtaler"], (now.present ?? []).map((/** @type {any} */ one) => [one.name, words.presence(one.status), one.load]), "Ingen er til stede."),
      table("Venter pr. enhed", ["Enhed", "Venter", "Længst"], perTeam(state.lists.waiting), "Ingen venter."),
    ),
  ];
}

/** @param {string} name @param {any} value */
const tile = (name, value) => h("div", { class: "tile" }, h("dt", {}, name), h("dd", {}, value ?? "–"));

/** @param {string} title @param {string[]} heads @param {any[][]} rows @param {string} none */
function table(title, heads, rows, none) {
  return h(
    "div",
    {},
    h("h3", {}, title),
    rows.length
      ? h(
          "table",
          { "aria-label": title },
          h("thead", {}, h("tr", {}, heads.map((head, place) => h("th", { scope: "col", class: place ? "" : "wide" }, head)))),
          h("tbody", {}, rows.map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, first), rest.map((cell) => h("td", {}, cell))))),
        )
      : h("p", { class: "empty" }, none),
  );
}

/** @param {import("../types.js").Handover[]} waiting */
function perTeam(waiting) {
  /** @type {Map<string, {count: number, since: number}>} */
  const teams = new Map();
  for (const handover of waiting) {
    const name = handover.team_name ?? handover.team;
    const before = teams.get(name) ?? { count: 0, since: Date.now() };
    teams.set(name, { count: before.count + 1, since: Math.min(before.since, handover.since ?? Date.now()) });
  }
  return Array.from(teams, ([name, { count, since }]) => [name, count, duration(Date.now() - since)]).sort((one, other) => Number(other[1]) - Number(one[1]));
}
