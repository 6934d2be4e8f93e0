/**
 * What the citizen can do with a conversation, and what becomes of it in the store. No DOM in here.
 *
 * @typedef {import("./types.js").Credentials} Credentials
 * @typedef {import("./texts.js").Texts} Texts
 */

import { isDown, isGone } from "./api.js";
import { createLive, openEvents, openSocket } from "./live.js";
import { createOutbox } from "./outbox.js";
import { emptyState, mergeMessages, resumeAfter, stillPending } from "./store.js";

const SOCKET_TRIES = 3; // where no socket ever worked; then the stream of events, every other time
const TYPING_EVERY = 3_000; // ms
const RECOVER_EVERY = 10_000; // ms

/**
 * @param {object} parts
 * @param {ReturnType<typeof import("./api.js").createApi>} parts.api
 * @param {ReturnType<typeof import("./storage.js").createStorage>} parts.storage
 * @param {ReturnType<typeof import("./store.js").createStore>} parts.store
 * @param {() => Texts} parts.texts
 * @param {() => string|null} parts.audience
 */
export function createConversation({ api, storage, store, texts, audience }) {
  let typed = 0; // when we last told the employee that the citizen types
  let typingTimer = 0;
  let configTimer = 0;
  let socketWorks = false; // it has, on this page
  /** @type {Promise<Credentials>|null} */
  let starting = null;

  const live = createLive({
    connect(attempt, listener) {
      const who = /** @type {Credentials} */ (store.get().conversation);
      const after = resumeAfter(store.get().messages);
      if (socketWorks || attempt < SOCKET_TRIES || attempt % 2) {
        const frame = (/** @type {any} */ heard) => {
          socketWorks = true;
          listener.frame(heard);
        };
        return openSocket(api.liveUrl(who), who.token, after, { ...listener, frame });
      }
      return openEvents((signal) => api.events(who, after, signal), listener);
    },
    onFrame(frame, first) {
      if (frame.type === "messages") take(frame, first);
      else if (frame.type === "typing") showTyping();
    },
    onStatus(connection) {
      const before = store.get().connection;
      if (before === connection) return;
      store.set({ connection, ...(connection === "online" && { down: false }),
        said: before === "reconnecting" && connection === "online" ? texts().reconnected : "" });
      if (before === "reconnecting" && connection === "online") outbox.resend();
    },
    onRefused() {
      forget();
      store.set({ said: texts().restarted });
    },
  });

  const outbox = createOutbox({ api, storage, store, texts, start, take, forget, end });

  /**
   * Take in what the service says.
   *
   * @param {any} reply
   * @param {boolean} [backfill]  What was missed while away: shown, not read aloud.
   */
  function take(reply, backfill = false) {
    const known = store.get();
    const messages = mergeMessages(known.messages, reply.messages ?? []);
    const state = reply.state ?? known.state;
    const pending = stillPending(known.pending, messages);
    const news = messages.length > known.messages.length;
    const unseen = messages.length - known.messages.length;
    store.set({
      messages, state, pending, down: false, backfill,
      waiting: state === "waiting" ? reply.waiting ?? known.waiting : null,
      typing: known.typing && !news,
      said: backfill && known.messages.length && unseen > 0 ? texts().unread(unseen) : news ? "" : known.said,
    });
    if (pending !== known.pending) outbox.keep();
    if (state === "closed") end();
  }

  /** The conversation is over: it can be read, rated and fetched on this page, and nothing stays behind. */
  function end() {
    live.stop();
    storage.clear();
    store.set({ connection: "idle", view: "chat" });
  }

  /** Back to nothing; what the citizen was writing stays. */
  function forget() {
    const { config, pending } = store.get();
    live.stop();
    storage.write({ id: "", token: "" });
    store.set({ ...emptyState(), config, pending: pending.map((p) => ({ ...p, status: "failed" })) });
  }

  function showTyping() {
    clearTimeout(typingTimer);
    typingTimer = setTimeout(() => store.set({ typing: false }), 6_000);
    store.set({ typing: true });
  }

  /** @param {any} began  The answer of the service to a start or a resumption. */
  function adopt(began) {
    const conversation = { id: began.conversation_id, token: began.token };
    storage.write(conversation);
    store.set({ ...emptyState(), config: store.get().config, pending: store.get().pending, conversation,
      resumeCode: began.resume_code ?? null });
    take(began);
    if (store.get().state !== "closed") live.start();
    return conversation;
  }

  /** @returns {Promise<Credentials>} The conversation, begun if there is none. */
  function start() {
    const { conversation, state } = store.get();
    if (conversation && state !== "closed") return Promise.resolve(conversation);
    if (!conversation && restore()) return start();
    starting ??= api.start({ language: texts().lang, channel: "web", ...(audience() && { audience: audience() }) })
      .then(adopt, (error) => {
        store.set({ down: isDown(error) });
        if (isDown(error)) recover();
        throw error;
      })
      .finally(() => (starting = null));
    return starting;
  }

  /** Take up the conversation that this browser has, from another tab or an earlier visit. */
  function restore() {
    const { id, token, unsent = [] } = storage.read();
    if (unsent.length && !store.get().pending.length) {
      store.set({ pending: unsent.map((p) => ({ ...p, at: new Date().toISOString(), status: "failed" })) });
    }
    if (!id || !token) return false;
    if (store.get().conversation?.id === id) {
      live.start(); // the element was moved to another place in its page
      return false;
    }
    store.set({ conversation: { id, token } });
    live.start();
    return true;
  }

  /**
   * @template T
   * @param {(who: Credentials) => Promise<T>} call
   * @returns {Promise<T>}
   */
  async function withConversation(call) {
    try {
      return await call(await start());
    } catch (error) {
      if (isDown(error)) store.set({ down: true });
      throw error;
    }
  }

  /** Ask for what is known of the municipality; while the service is down, again and again. */
  async function loadConfig() {
    clearTimeout(configTimer);
    const { down, ...config } = await api.config(texts().lang);
    const was = store.get().down;
    store.set({ down: Boolean(down), ...(config.name && { config: /** @type {any} */ (config) }) });
    if (down) recover();
    else if (was) outbox.resend();
  }

  function recover() {
    clearTimeout(configTimer);
    configTimer = setTimeout(loadConfig, RECOVER_EVERY);
  }

  return {
    start, restore, send: outbox.send, retry: outbox.retry, discard: outbox.discard,
    loadConfig,
    handover: () => withConversation(async (who) => take(await api.handover(who, { reason: "asked" }))),
    stopWaiting: () => withConversation(async (who) => {
      await api.stopWaiting(who);
      take(await api.messages(who, resumeAfter(store.get().messages)));
    }),
    /** @param {object} form */
    callback: (form) => withConversation(async (who) => {
      const reply = await api.callback(who, form);
      take({ state: reply.state ?? "callback", messages: reply.messages });
      return reply;
    }),
    /** @param {string} code */
    async resume(code) {
      live.stop();
      store.set({ conversation: null });
      adopt(await api.resume(code));
    },
    /** @param {number} rating @param {string} comment */
    async rate(rating, comment) {
      const who = /** @type {Credentials} */ (store.get().conversation);
      await api.feedback(who, { rating, ...(comment && { comment }) });
      store.set({ rated: true, said: texts().thanks });
    },
    /** @param {"html"|"text"} format */
    transcript: (format) => api.transcript(/** @type {Credentials} */ (store.get().conversation), format),
    close: () => withConversation(async (who) => take(await api.close(who))),
    async erase() {
      const { conversation } = store.get();
      if (conversation) await api.erase(conversation).catch((error) => {
        if (!isGone(error)) throw error;
      });
      this.fresh();
      store.set({ said: texts().erased });
    },
    /** Nothing shown, nothing kept. */
    fresh() {
      live.stop();
      storage.clear();
      store.set({ ...emptyState(), config: store.get().config });
    },
    /** Tell the employee that the citizen types. */
    typing() {
      if (store.get().state !== "employee" || Date.now() - typed < TYPING_EVERY) return;
      typed = Date.now();
      live.send({ type: "typing" });
    },
    stop() {
      clearTimeout(configTimer);
      live.stop();
    },
  };
}
