/**
 * Sends the employee's messages: one at a time and in order within a conversation, again after a
 * failure with the same `client_id`, so that a message arrives exactly once.
 */

import { backoff } from "./live.js";
import { load, save } from "./storage.js";

const ATTEMPTS = 5;

/** @typedef {import("./types.js").Outgoing} Outgoing */

/**
 * @param {import("./store.js").Store} store
 * @param {import("./api.js").Api} api
 * @param {{onSent: (conversationId: string, message: import("./types.js").Message) => void, onFailed: (problem: string) => void}} events
 */
export function createOutbox(store, api, { onSent, onFailed }) {
  const busy = new Set();
  store.set({ outgoing: load("outgoing", {}) });

  /** @param {string} conversationId @param {(list: Outgoing[]) => Outgoing[]} change */
  function change(conversationId, change) {
    const outgoing = { ...store.get().outgoing };
    const list = change(outgoing[conversationId] ?? []);
    if (list.length) outgoing[conversationId] = list;
    else delete outgoing[conversationId];
    store.set({ outgoing });
    save("outgoing", outgoing);
  }

  /** @param {string} conversationId @param {string} clientId @param {Partial<Outgoing>} values */
  const mark = (conversationId, clientId, values) =>
    change(conversationId, (list) => list.map((one) => (one.client_id === clientId ? { ...one, ...values } : one)));

  /** @param {string} conversationId @param {string} clientId */
  const remove = (conversationId, clientId) =>
    change(conversationId, (list) => list.filter((one) => one.client_id !== clientId));

  /** @param {string} conversationId */
  async function work(conversationId) {
    if (busy.has(conversationId)) return;
    busy.add(conversationId);
    try {
      let next;
      while ((next = store.get().outgoing[conversationId]?.[0]) && next.status === "sending" && store.get().token) {
        if (!(await deliver(conversationId, next))) break;
      }
    } finally {
      busy.delete(conversationId);
    }
  }

  /** @param {string} conversationId @param {Outgoing} one @returns {Promise<boolean>} whether the next may follow */
  async function deliver(conversationId, one) {
    for (let attempt = 0; ; attempt++) {
      try {
        const { client_id, text, sources } = one;
        const message = await api.send(conversationId, { client_id, text, sources });
        remove(conversationId, client_id);
        onSent(conversationId, message);
        return true;
      } catch (error) {
        const problem = /** @type {import("./api.js").ApiError} */ (error);
        if (problem.status === 401) return false; // waits for the new log-in
        if (!problem.isPassing || attempt + 1 >= ATTEMPTS) {
          mark(conversationId, one.client_id, { status: "failed", problem: problem.message });
          onFailed(problem.message);
          return false;
        }
        const wait = problem.retryAfter ? problem.retryAfter * 1000 : backoff(attempt);
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  return {
    /** @param {string} conversationId @param {import("./types.js").Draft} draft */
    send(conversationId, { text, sources }) {
      const client_id = crypto.randomUUID?.() ?? randomId();
      change(conversationId, (list) => [...list, { client_id, text, sources, status: "sending" }]);
      void work(conversationId);
    },
    /** Try a failed one again, and those after it. @param {string} conversationId @param {string} clientId */
    retry(conversationId, clientId) {
      mark(conversationId, clientId, { status: "sending", problem: undefined });
      void work(conversationId);
    },
    remove,
    /** Go on with everything, after a reload, a break or a new log-in. */
    resume() {
      for (const conversationId of Object.keys(store.get().outgoing)) void work(conversationId);
    },
    clear() {
      store.set({ outgoing: {} });
      save("outgoing", null);
    },
  };
}

/** A UUID also where the page is not served over HTTPS. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** @typedef {ReturnType<typeof createOutbox>} Outbox */
