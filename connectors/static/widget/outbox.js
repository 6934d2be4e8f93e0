/**
 * The way of the citizen's messages to the service: one at a time, in the order written, each exactly once. A message
 * keeps its client_id through every try, so that the service can tell a second try from a second message.
 *
 * @typedef {import("./types.js").Credentials} Credentials
 * @typedef {import("./types.js").Pending} Pending
 */

import { isDown, isGone } from "./api.js";

const RATE_LIMIT_TRIES = 4;

const pause = (/** @type {number} */ seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/**
 * @param {object} parts
 * @param {ReturnType<typeof import("./api.js").createApi>} parts.api
 * @param {ReturnType<typeof import("./storage.js").createStorage>} parts.storage
 * @param {ReturnType<typeof import("./store.js").createStore>} parts.store
 * @param {() => import("./texts.js").Texts} parts.texts
 * @param {() => Promise<Credentials>} parts.start
 * @param {(reply: any) => void} parts.take
 * @param {() => void} parts.forget  The service does not know the conversation any more.
 * @param {() => void} parts.end  It is over.
 */
export function createOutbox({ api, storage, store, texts, start, take, forget, end }) {
  /** @type {Promise<unknown>} */
  let sending = Promise.resolve();

  /** What is not sent yet outlives the page. */
  const keep = () => storage.write({ unsent: store.get().pending.map(({ client_id, text }) => ({ client_id, text })) });

  /** @param {string} text */
  function send(text) {
    const client_id = crypto.randomUUID?.() ?? uuid();
    store.set({ pending: [...store.get().pending, { client_id, text, at: new Date().toISOString(), status: "sending" }] });
    keep();
    return queue(client_id);
  }

  /** Send a message that failed, with the same client_id: the service keeps one copy. @param {string} client_id */
  function retry(client_id) {
    change(client_id, { status: "sending", reason: undefined });
    return queue(client_id);
  }

  const resend = () => store.get().pending.filter((p) => p.status === "failed").forEach((p) => retry(p.client_id));

  /** @param {string} client_id @param {Partial<Pending>} how */
  const change = (client_id, how) =>
    store.set({ pending: store.get().pending.map((p) => (p.client_id === client_id ? { ...p, ...how } : p)) });

  /** @param {string} client_id */
  function discard(client_id) {
    const message = store.get().pending.find((p) => p.client_id === client_id);
    store.set({ pending: store.get().pending.filter((p) => p.client_id !== client_id) });
    keep();
    return message?.text ?? "";
  }

  /** @param {string} client_id */
  function queue(client_id) {
    const run = () => deliver(client_id);
    const done = sending.then(run, run);
    // The next may go as soon as this one is accepted, even while its reply is still awaited.
    sending = Promise.race([done, accepted(client_id)]).catch(() => {});
    return done;
  }

  /** @param {string} client_id @returns {Promise<void>} */
  const accepted = (client_id) => new Promise((done) => {
    const stop = store.subscribe((state) => {
      if (state.pending.some((p) => p.client_id === client_id && p.status === "sending")) return;
      stop();
      done();
    });
  });

  /**
   * @param {string} client_id
   * @param {number} [tries]
   * @returns {Promise<{refused?: string, text?: string}>} ``refused`` says in words why the text must be changed.
   */
  async function deliver(client_id, tries = 0) {
    const message = store.get().pending.find((p) => p.client_id === client_id);
    if (!message) return {};
    const { text } = message;
    try {
      const who = await start();
      const reply = await api.send(who, { client_id, text });
      if (store.get().conversation?.id !== who.id) return {};
      const own = { seq: reply.seq, client_id, at: message.at, speaker: "citizen", kind: "text", text, local: true };
      take({ ...reply, messages: [own, ...(reply.messages ?? [])] });
      return {};
    } catch (error) {
      const { status = 0, message: words = "", retryAfter = 0 } = /** @type {ApiError} */ (error);
      if (!store.get().pending.some((p) => p.client_id === client_id)) return {}; // it came by the live line
      if (status === 429 && tries < RATE_LIMIT_TRIES) {
        store.set({ said: texts().tooMany });
        await pause(Math.min(retryAfter || 2, 30));
        return deliver(client_id, tries + 1);
      }
      if (isGone(error) && !tries && store.get().conversation) {
        forget();
        change(client_id, { status: "sending" });
        const outcome = await deliver(client_id, 1);
        store.set({ said: texts().restarted });
        return outcome;
      }
      if (status === 422 || status === 413) return { refused: words || texts().tooLong, text: discard(client_id) };
      if (status === 409) {
        store.set({ state: "closed" });
        discard(client_id);
        end();
        return { refused: words || texts().ended, text };
      }
      change(client_id, { status: "failed", reason: status === 429 ? words : undefined });
      if (isDown(error)) store.set({ down: true });
      return {};
    }
  }

  return { send, retry, resend, discard, keep };
}

/** For pages without a secure context. @returns {string} */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte, i) => ([4, 6, 8, 10].includes(i) ? "-" : "") + byte.toString(16).padStart(2, "0")).join("");
}
