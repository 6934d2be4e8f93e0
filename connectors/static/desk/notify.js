/** Calls for attention without sound: the page's title, and the system's notifications if allowed. */

import { attention, mine, pageTitle, unread } from "./model.js";

/** @param {import("./store.js").Store} store */
export function createNotifier(store) {
  const supported = "Notification" in window;
  let counted = 0;

  store.watch(
    (state) => [state.lists, state.details, state.read, state.token],
    (state) => {
      document.title = pageTitle(state.employee ? attention(state) : 0);
      const now = mine(state).reduce((sum, handover) => sum + unread(state, handover.conversation_id), 0);
      if (now > counted && state.loaded) show("Nyt svar fra en borger");
      counted = now;
    },
  );

  /** Nothing of what was written is in it: it may be seen by others, or on a locked screen. @param {string} words */
  function show(words) {
    if (!supported || Notification.permission !== "granted" || !document.hidden) return;
    const notification = new Notification("Klara", { body: words, silent: true, tag: "klara-desk" });
    notification.addEventListener("click", () => {
      window.focus();
      notification.close();
    });
  }

  return {
    supported,
    show,
    /** @returns {"granted"|"denied"|"default"} */
    permission: () => (supported ? Notification.permission : "denied"),
    ask: () => Notification.requestPermission(),
  };
}

/** @typedef {ReturnType<typeof createNotifier>} Notifier */
