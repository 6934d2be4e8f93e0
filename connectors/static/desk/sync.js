/** Keeps the state equal to the service's: fetches lists and conversations when there is news of them. */

import { LISTS, mine } from "./model.js";

const TYPING_SHOWN_MS = 5_000;
const QUIET_MS = 80;

/** @typedef {import("./types.js").Detail} Detail */

/**
 * @param {import("./store.js").Store} store
 * @param {import("./api.js").Api} api
 * @param {{onArrived: (handover: import("./types.js").Handover) => void}} events a citizen came to the queue
 */
export function createSync(store, api, { onArrived }) {
  let soon = 0;
  let running = false;
  let again = false;
  /** @type {Map<string, {again: boolean, done: Promise<void>}>} */
  const fetching = new Map();

  /** Fetch all lists; a wish that comes meanwhile leads to one more round, not to many. */
  async function lists() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      do {
        again = false;
        await fetchLists();
      } while (again && store.get().token);
    } catch {
      // The connection line says it; the next news or the next poll tries again.
    } finally {
      running = false;
    }
  }

  async function fetchLists() {
    const names = LISTS;
    const fetched = await Promise.all(names.map((name) => api.handovers(name)));
    const now = Date.now();
    const before = store.get();
    if (!before.token) return;
    const entries = names.map((name, place) => [
      name,
      fetched[place].map((handover) => ({ ...handover, since: now - (handover.waiting_seconds ?? 0) * 1000 })),
    ]);
    const fresh = Object.fromEntries(entries);
    store.set({ lists: fresh, loaded: true });
    if (before.loaded) {
      const known = new Set(before.lists.waiting.map((handover) => handover.id));
      for (const handover of fresh.waiting) if (!known.has(handover.id)) onArrived(handover);
    }
    for (const handover of mine(store.get())) {
      if (!store.get().details[handover.conversation_id]) void conversation(handover.conversation_id);
    }
    if (before.list === "overview") void overview();
  }

  /** Fetch one conversation. @param {string} id @returns {Promise<void>} */
  function conversation(id) {
    const present = fetching.get(id);
    if (present) {
      present.again = true;
      return present.done;
    }
    const entry = { again: false, done: Promise.resolve() };
    fetching.set(id, entry);
    entry.done = (async () => {
      try {
        do {
          entry.again = false;
          keep(await api.conversation(id));
        } while (entry.again);
      } finally {
        fetching.delete(id);
      }
    })();
    entry.done.catch(() => {});
    return entry.done;
  }

  /** @param {Detail} detail */
  function keep(detail) {
    const { details, typing } = store.get();
    const id = detail.conversation.id;
    const grown = detail.messages.length > (details[id]?.messages.length ?? 0);
    store.set({
      details: { ...details, [id]: { ...detail, notes: detail.notes ?? [] } },
      typing: grown ? { ...typing, [id]: 0 } : typing,
    });
  }

  /** @param {string} id */
  const isWatched = (id) =>
    store.get().selected?.conversation_id === id || mine(store.get()).some((handover) => handover.conversation_id === id);

  async function overview() {
    try {
      store.set({ overview: await api.overview() });
    } catch {
      // Shown as it was.
    }
  }

  return {
    lists,
    conversation,
    overview,

    /** Everything anew, after a break. */
    async all() {
      await lists();
      const { selected } = store.get();
      const ids = new Set(mine(store.get()).map((handover) => handover.conversation_id));
      if (selected) ids.add(selected.conversation_id);
      await Promise.allSettled(Array.from(ids, conversation));
    },

    /** A message that was just accepted, before the service's own news of it. @param {string} id @param {import("./types.js").Message} message */
    add(id, message) {
      const detail = store.get().details[id];
      if (!detail || detail.messages.some((known) => known.seq === message.seq)) return;
      const messages = [...detail.messages, message].sort((one, other) => one.seq - other.seq);
      store.set({ details: { ...store.get().details, [id]: { ...detail, messages } } });
    },

    /** @param {any} frame */
    onFrame(frame) {
      if (frame.type === "changed") {
        clearTimeout(soon);
        soon = window.setTimeout(lists, QUIET_MS);
        const { selected } = store.get();
        if (selected) void conversation(selected.conversation_id);
      } else if (frame.type === "messages" && isWatched(frame.conversation_id)) {
        void conversation(frame.conversation_id);
      } else if (frame.type === "typing") {
        const until = Date.now() + TYPING_SHOWN_MS;
        store.set({ typing: { ...store.get().typing, [frame.conversation_id]: until } });
        setTimeout(() => store.set({ typing: { ...store.get().typing } }), TYPING_SHOWN_MS + 50);
      }
    },
  };
}

/** @typedef {ReturnType<typeof createSync>} Sync */
