/**
 * The widget's state, and the questions that views ask of it. Pure but for ``createStore``.
 *
 * @typedef {import("./types.js").State} State
 * @typedef {import("./types.js").Message} Message
 * @typedef {import("./types.js").Pending} Pending
 */

/** @returns {State} */
export function emptyState() {
  return {
    config: null, conversation: null, resumeCode: null, state: "assistant", messages: [], pending: [], waiting: null,
    typing: false, connection: "idle", down: false, backfill: false, view: "chat", rated: false, said: "",
  };
}

/** @param {State} [initial] */
export function createStore(initial = emptyState()) {
  let state = initial;
  /** @type {Set<(state: State, before: State) => void>} */
  const listeners = new Set();
  return {
    get: () => state,
    /** @param {Partial<State>} change */
    set(change) {
      const before = state;
      state = { ...state, said: "", ...change };
      for (const listener of [...listeners]) listener(state, before);
    },
    /** @param {(state: State, before: State) => void} listener */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * Each ``seq`` once, in order. The service's copy of a message takes the place of ours.
 *
 * @param {Message[]} known
 * @param {Message[]} incoming
 * @returns {Message[]} ``known`` itself when nothing is new.
 */
export function mergeMessages(known, incoming) {
  const bySeq = new Map(known.map((message) => [message.seq, message]));
  let changed = false;
  for (const message of incoming) {
    const old = bySeq.get(message.seq);
    if (old && (!old.local || message.local)) continue;
    bySeq.set(message.seq, message);
    changed = true;
  }
  return changed ? [...bySeq.values()].sort((a, b) => a.seq - b.seq) : known;
}

/**
 * The ``seq`` to resume after: the end of the unbroken run of messages that the service sent. A message that came
 * early (the answer to a post, before the live line brought what lies between) does not hide a gap.
 *
 * @param {Message[]} messages
 * @returns {number}
 */
export function resumeAfter(messages) {
  let last = 0;
  for (const message of messages) {
    if (message.local || message.seq > last + 1) break;
    last = message.seq;
  }
  return last;
}

/**
 * The same message keeps its key from first try to the service's copy, so that it is drawn and read aloud once.
 *
 * @param {Message|Pending} entry
 * @returns {string}
 */
export function keyOf(entry) {
  const own = !("speaker" in entry) || entry.speaker === "citizen";
  return own && entry.client_id ? `c:${entry.client_id}` : `s:${/** @type {Message} */ (entry).seq}`;
}

/**
 * Messages the service has not accepted, without those that have arrived in the meantime.
 *
 * @param {Pending[]} pending
 * @param {Message[]} messages
 */
export function stillPending(pending, messages) {
  const arrived = new Set(messages.filter((m) => m.speaker === "citizen").map((m) => m.client_id));
  return pending.some((p) => arrived.has(p.client_id)) ? pending.filter((p) => !arrived.has(p.client_id)) : pending;
}

/**
 * Whether the assistant owes a reply.
 *
 * @param {State} state
 */
export function isThinking(state) {
  if (state.state !== "assistant" && state.state !== "callback") return false;
  return state.messages.at(-1)?.speaker === "citizen" && !state.pending.some((p) => p.status === "failed");
}

/**
 * The employee who speaks now, as named in their last message.
 *
 * @param {State} state
 */
export function employeeName(state) {
  if (state.state !== "employee") return "";
  return state.messages.findLast((message) => message.speaker === "employee")?.speaker_name ?? "";
}

/**
 * Where the buttons under a message still apply: after the citizen's last message.
 *
 * @param {State} state
 * @returns {number} The ``seq`` they begin after.
 */
export function optionsAfter(state) {
  if (state.state === "closed" || state.pending.length) return Infinity;
  return state.messages.findLast((message) => message.speaker === "citizen")?.seq ?? -1;
}

/**
 * What the citizen last asked about, past a wish to speak to someone.
 *
 * @param {Message[]} messages
 * @returns {string}
 */
export function lastQuestion(messages) {
  const asked = messages.findLast(({ speaker }, index) =>
    speaker === "citizen" && !messages[index + 1]?.kind.startsWith("handover") && messages[index + 1]?.kind !== "smalltalk");
  return asked?.text ?? "";
}
