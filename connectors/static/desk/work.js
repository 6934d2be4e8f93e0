/** What an employee does with a handover. Each does it at the service, then fetches what became of it. */

import { ApiError } from "./api.js";
import { listOf, mine } from "./model.js";

/** @typedef {import("./types.js").Handover} Handover */

/**
 * @param {object} parts
 * @param {import("./store.js").Store} parts.store
 * @param {import("./api.js").Api} parts.api
 * @param {import("./sync.js").Sync} parts.sync
 * @param {import("./drafts.js").Drafts} parts.drafts
 * @param {(words: string) => void} parts.say    a short confirmation
 * @param {(words: string) => void} parts.warn   something that went wrong
 */
export function createWork({ store, api, sync, drafts, say, warn }) {
  /** @param {Handover} handover @param {() => Promise<any>} act @param {string} done */
  async function settle(handover, act, done) {
    await act();
    say(done);
    drafts.set(handover.conversation_id, { text: "", sources: [] });
    store.set({ selected: null, pane: "list" });
    await sync.lists();
    void sync.conversation(handover.conversation_id).catch(() => {});
  }

  const work = {
    /** Show a handover. @param {Handover} handover */
    async select(handover) {
      const isOpen = store.get().details[handover.conversation_id];
      const { list } = store.get();
      store.set({ selected: handover, pane: "conversation", list: list === "overview" ? "waiting" : list });
      try {
        await sync.conversation(handover.conversation_id);
      } catch (error) {
        if (!isOpen) warn(/** @type {Error} */ (error).message);
      }
    },

    /** @param {import("./types.js").ListName|"overview"} list */
    show(list) {
      store.set({ list, pane: "list" });
      if (list === "overview") void sync.overview();
    },

    /** Take a waiting conversation or a callback. @param {Handover} handover @returns {Promise<boolean>} whether it is mine now */
    async claim(handover) {
      try {
        await api.claim(handover.id);
      } catch (error) {
        warn(/** @type {Error} */ (error).message);
        if (error instanceof ApiError && error.status === 409) await sync.all();
        return false;
      }
      say(`Du har taget ${handover.receipt}.`);
      store.set({ list: "active", selected: handover, pane: "conversation" });
      await sync.all();
      return true;
    },

    /** @param {Handover} handover @param {{team?: string, employee?: string, note: string}} to @param {string} name */
    transfer: (handover, to, name) =>
      settle(handover, () => api.transfer(handover.id, to), `${handover.receipt} er viderestillet til ${name}.`),

    /** @param {Handover} handover */
    giveBack: (handover) =>
      settle(handover, () => api.giveBack(handover.id), `${handover.receipt} er givet tilbage til assistenten.`),

    /** @param {Handover} handover @param {string} outcome @param {string} note */
    close: (handover, outcome, note) =>
      settle(handover, () => api.close(handover.id, outcome, note), `${handover.receipt} er lukket.`),

    /** A callback that was not answered: note it and let somebody try again later. @param {Handover} handover @param {string} note */
    async tryAgain(handover, note) {
      await api.note(handover.conversation_id, `Forsøgt ringet op, ikke truffet. ${note}`.trim());
      say("Forsøget er noteret. Opkaldet bliver hos dig.");
      await sync.conversation(handover.conversation_id);
    },

    /** @param {Handover} handover @param {string} text */
    async note(handover, text) {
      await api.note(handover.conversation_id, text);
      await sync.conversation(handover.conversation_id);
    },

    /** Remember that everything in a conversation has been seen. @param {string} conversationId */
    markRead(conversationId) {
      const { details, read } = store.get();
      const seq = details[conversationId]?.messages.at(-1)?.seq ?? 0;
      if (seq > (read[conversationId] ?? 0)) store.set({ read: { ...read, [conversationId]: seq } });
    },

    /** The next or previous of my conversations. @param {1|-1} step */
    step(step) {
      const own = mine(store.get());
      if (!own.length) return;
      const place = own.findIndex((handover) => handover.id === store.get().selected?.id);
      const next = own[(place + step + own.length) % own.length] ?? own[0];
      store.set({ list: "active" });
      void work.select(next);
    },

    /** Go to the list in which the selected one is. */
    backToList() {
      const state = store.get();
      store.set({ pane: "list", list: state.selected ? listOf(state, state.selected) : state.list });
    },
  };
  return work;
}

/** @typedef {ReturnType<typeof createWork>} Work */
