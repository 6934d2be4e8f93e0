import { h } from "../dom.js";
import { employeeName, isThinking } from "../store.js";

const SLOW = 9_000; // ms
const QUEUE_EVERY = 30_000; // ms between two words about the queue
const SAID_FOR = 7_000; // ms that a short sentence stays

/**
 * The most important thing that goes on, as one line; empty when nothing does.
 *
 * @param {import("../types.js").State} state
 * @param {import("../texts.js").Texts} t
 * @param {boolean} slow
 * @returns {{text: string, busy?: boolean}}
 */
export function statusOf(state, t, slow) {
  if (state.connection === "reconnecting") return { text: t.reconnecting };
  if (state.said) return { text: state.said };
  if (state.pending.some((message) => message.status === "sending")) return { text: t.sending, busy: true };
  if (state.typing && state.state === "employee") return { text: t.typing(employeeName(state)), busy: true };
  if (isThinking(state)) return slow ? { text: t.slow } : { text: t.thinking, busy: true };
  return { text: "" };
}

/**
 * The status line. Polite; a failed message has its own alert.
 *
 * @param {import("../types.js").Context} context
 */
export function status({ t, store }) {
  const text = h("span", {});
  const dots = h("span", { class: "dots", "aria-hidden": "true", hidden: true }, h("i"), h("i"), h("i"));
  const line = h("p", { class: "status", role: "status" }, dots, text);
  const place = h("p", { class: "unseen", role: "status" });
  const failed = h("p", { class: "unseen", role: "alert" });
  const element = h("div", { class: "status-box" }, line, place, failed);
  let [waitingFor, slow, spokeAt, kept, failures] = ["", false, -Infinity, "", 0];
  let [slowTimer, placeTimer, keptTimer] = [0, 0, 0];

  /** @param {string} words */
  function sayPlace(words) {
    clearTimeout(placeTimer);
    const wait = spokeAt + QUEUE_EVERY - Date.now();
    if (wait > 0) {
      placeTimer = setTimeout(() => sayPlace(store.get().state === "waiting" ? t.place(store.get().waiting?.place) : ""), wait);
    } else if (place.textContent !== words) {
      place.textContent = words;
      spokeAt = words ? Date.now() : spokeAt;
    }
  }

  /** @param {import("../types.js").State} state */
  function update(state) {
    const owed = isThinking(state) ? String(state.messages.at(-1)?.seq) : "";
    if (owed !== waitingFor) {
      waitingFor = owed;
      slow = false;
      clearTimeout(slowTimer);
      if (owed) slowTimer = setTimeout(() => { slow = true; update(store.get()); }, SLOW);
    }
    if (state.said) {
      kept = state.said;
      clearTimeout(keptTimer);
      keptTimer = setTimeout(() => { kept = ""; update(store.get()); }, SAID_FOR);
    }
    const now = statusOf({ ...state, said: kept }, t, slow);
    if (text.textContent !== now.text) text.textContent = now.text;
    dots.hidden = !now.busy;
    line.classList.toggle("warning", state.connection === "reconnecting");

    if (state.state === "waiting") sayPlace(t.place(state.waiting?.place));
    else {
      clearTimeout(placeTimer);
      place.textContent = "";
    }

    const count = state.pending.filter((message) => message.status === "failed").length;
    if (count !== failures) failed.textContent = count > failures ? t.failedAlert : "";
    failures = count;
  }

  return { element, update };
}
