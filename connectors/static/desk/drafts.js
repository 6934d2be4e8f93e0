/** Text the employee has typed but not sent, for each conversation; it survives a reload and a new log-in. */

import { load, save } from "./storage.js";

/** @typedef {import("./types.js").Draft} Draft */

export function createDrafts() {
  /** @type {Record<string, Draft>} */
  let drafts = load("drafts", {});

  return {
    /** @param {string} conversationId @returns {Draft} */
    get: (conversationId) => drafts[conversationId] ?? { text: "", sources: [] },
    /** @param {string} conversationId @param {Draft} draft */
    set(conversationId, draft) {
      if (draft.text || draft.sources.length) drafts[conversationId] = draft;
      else delete drafts[conversationId];
      save("drafts", drafts);
    },
    clear() {
      drafts = {};
      save("drafts", null);
    },
  };
}

/** @typedef {ReturnType<typeof createDrafts>} Drafts */
