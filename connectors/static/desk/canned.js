/** Canned replies: texts from canned.json, with {navn}, {enhed} and {kvittering} filled in. */

import { fillIn } from "./model.js";

/** @typedef {{id: string, title: string, language: string, team?: string, text: string}} Canned */

/** @type {Promise<Canned[]>|null} */
let loading = null;

/** @returns {Promise<Canned[]>} */
export function cannedReplies() {
  loading ??= fetch(new URL("canned.json", import.meta.url))
    .then((response) => response.json())
    .then((file) => file.replies)
    .catch(() => {
      loading = null;
      return [];
    });
  return loading;
}

/**
 * Those that fit a handover: its language first, its team's own before everybody's.
 *
 * @param {Canned[]} replies
 * @param {import("./types.js").Handover} handover
 */
export function fitting(replies, handover) {
  const rank = (/** @type {Canned} */ one) => (one.language === handover.language ? 0 : 2) + (one.team ? 0 : 1);
  return replies
    .filter((one) => !one.team || one.team === handover.team)
    .sort((one, other) => rank(one) - rank(other));
}

/** @param {Canned} reply @param {import("./types.js").Employee} employee @param {import("./types.js").Handover} handover */
export const textOf = (reply, employee, handover) =>
  fillIn(reply.text, {
    navn: employee.name.split(" ")[0],
    enhed: handover.team_name ?? handover.team,
    kvittering: handover.receipt,
  });
