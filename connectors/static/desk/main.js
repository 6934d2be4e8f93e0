/** Puts the desk together. */

import { createApi } from "./api.js";
import { handoverDialogs } from "./dialogs/handover-dialogs.js";
import { insertDialogs, openHelp } from "./dialogs/insert-dialogs.js";
import { h } from "./dom.js";
import { createDrafts } from "./drafts.js";
import { listenForShortcuts } from "./keyboard.js";
import { createLive } from "./live.js";
import { createNotifier } from "./notify.js";
import { createOutbox } from "./outbox.js";
import { createSession } from "./session.js";
import { createStore, emptyState } from "./store.js";
import { createSync } from "./sync.js";
import { toaster } from "./toast.js";
import { conversationView } from "./views/conversation-view.js";
import { listView } from "./views/list-view.js";
import { loginForm } from "./views/login-view.js";
import { overviewView } from "./views/overview-view.js";
import { packetView } from "./views/packet-view.js";
import { topbarView } from "./views/topbar-view.js";
import { createWork } from "./work.js";

const POLL_MS = 15_000;

/**
 * @typedef {object} Parts
 * @property {import("./store.js").Store} store
 * @property {import("./api.js").Api} api
 * @property {import("./live.js").Live} live
 * @property {import("./sync.js").Sync} sync
 * @property {import("./drafts.js").Drafts} drafts
 * @property {import("./outbox.js").Outbox} outbox
 * @property {import("./session.js").Session} session
 * @property {import("./work.js").Work} work
 * @property {import("./notify.js").Notifier} notifier
 * @property {ReturnType<typeof handoverDialogs> & ReturnType<typeof insertDialogs>} dialogs
 * @property {(words: string) => void} say
 * @property {(words: string) => void} warn
 */

const store = createStore(emptyState());
const drafts = createDrafts();
const { say, warn, elements: toasts } = toaster();
const api = createApi({ token: () => store.get().token, onExpired: (refused) => session.expire(refused) });
const notifier = createNotifier(store);
const sync = createSync(store, api, {
  onArrived(handover) {
    say(`Ny henvendelse: ${handover.team_name ?? handover.team}`);
    notifier.show("En borger venter på en medarbejder");
  },
});
const outbox = createOutbox(store, api, {
  onSent: (conversationId, message) => sync.add(conversationId, message),
  onFailed: (problem) => warn(`En besked er ikke sendt. ${problem}`),
});
const live = createLive({
  path: "/api/v1/desk/live",
  onFrame: sync.onFrame,
  onOpen() {
    store.set({ connection: "online" });
    void api.presence(store.get().presence).catch(() => {});
    void sync.all();
    outbox.resume();
  },
  onLost: () => store.set({ connection: "lost" }),
  onExpired: () => session.expire(),
});
const session = createSession({
  store,
  api,
  drafts,
  onStart: () => live.start(store.get().token ?? ""),
  onEnd() {
    live.stop();
    outbox.clear();
  },
});
const work = createWork({ store, api, sync, drafts, say, warn });
const dialogs = { ...handoverDialogs({ store, api, work }), ...insertDialogs({ store, api }) };

/** @type {Parts} */
const parts = { store, api, live, sync, drafts, outbox, session, work, notifier, dialogs, say, warn };

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
const conversation = conversationView(parts);
const packet = packetView(parts);

/** Do something with the selected conversation if it is mine. @param {(handover: import("./types.js").Handover) => void} act */
const withOwn = (act) => () => {
  const { lists, selected, employee } = store.get();
  const own = lists.active.find((one) => one.id === selected?.id && one.employee?.id === employee?.id);
  if (own) act(own);
  else say("Vælg en af dine egne samtaler først.");
};

/** @param {import("./types.js").ListName|"overview"} list */
const toList = (list) => () => {
  if (list === "overview" && store.get().employee?.role !== "supervisor") return;
  work.show(list);
  requestAnimationFrame(() => {
    const target = list === "overview" ? "#overview-title" : ".list-column .rows:not([hidden]) button, #list-title";
    /** @type {HTMLElement|null} */ (document.querySelector(target))?.focus();
  });
};

/** @type {import("./keyboard.js").Shortcut[]} */
const shortcuts = [
  { code: "Digit1", keys: "Alt+1", words: "Venter", run: toList("waiting") },
  { code: "Digit2", keys: "Alt+2", words: "Mine", run: toList("active") },
  { code: "Digit3", keys: "Alt+3", words: "Opkald", run: toList("callback") },
  { code: "Digit4", keys: "Alt+4", words: "Lukkede", run: toList("closed") },
  { code: "Digit5", keys: "Alt+5", words: "Overblik (for ledere)", run: toList("overview") },
  { code: "ArrowDown", keys: "Alt+↓", words: "Næste af mine samtaler", run: () => work.step(1) },
  { code: "ArrowUp", keys: "Alt+↑", words: "Forrige af mine samtaler", run: () => work.step(-1) },
  { code: "KeyT", keys: "Alt+T", words: "Tag den valgte, eller den første i køen", run: () => conversation.claim() },
  { code: "KeyC", keys: "Alt+C", words: "Skriv svar", run: () => focusIn("conversation", conversation.focusComposer) },
  { code: "KeyK", keys: "Alt+K", words: "Standardsvar", run: withOwn(() => conversation.openCanned()) },
  { code: "KeyS", keys: "Alt+S", words: "Søg i artikler", run: withOwn(() => conversation.openArticles()) },
  { code: "KeyN", keys: "Alt+N", words: "Skriv intern note", run: () => focusIn("packet", packet.focusNote) },
  { code: "KeyP", keys: "Alt+P", words: "Gå til pakken", run: () => focusIn("packet", packet.focus) },
  { code: "KeyV", keys: "Alt+V", words: "Viderestil", run: withOwn(dialogs.transfer) },
  { code: "KeyA", keys: "Alt+A", words: "Giv tilbage til assistenten", run: withOwn(dialogs.giveBack) },
  { code: "KeyL", keys: "Alt+L", words: "Luk med udfald", run: withOwn((handover) => dialogs.close(handover)) },
  { code: "KeyH", keys: "Alt+H", words: "Vis genvejene", run: () => openHelp(shortcuts) },
];

/** @param {"conversation"|"packet"} pane @param {() => unknown} focus */
function focusIn(pane, focus) {
  store.set({ pane });
  requestAnimationFrame(focus);
}

const main = h("main", { class: "columns" }, listView(parts), conversation.element, packet.element, overviewView(parts));
const desk = h(
  "div",
  { class: "desk", hidden: true },
  h("a", { class: "skip", href: "#conversation-title" }, "Spring til samtalen"),
  topbarView(parts, { help: () => openHelp(shortcuts), municipality: root.dataset.municipality ?? "" }),
  main,
);
const gate = loginForm({ session, title: "Klara – medarbejder", words: "Log ind for at tage imod borgere og virksomheder." });
const loginPage = h("main", { class: "login-page", hidden: true }, gate.form);
root.replaceChildren(desk, loginPage);
document.body.append(...toasts);
listenForShortcuts(shortcuts.map((one) => ({ ...one, run: () => store.get().employee && one.run() })));

store.watch(
  (state) => [state.pane, state.list],
  (state) => {
    main.dataset.pane = state.pane;
    main.classList.toggle("is-overview", state.list === "overview");
  },
);

// Choosing a row moves on to the next column where there is room for one only.
store.watch(
  (state) => [state.selected?.id, state.pane],
  (state) => {
    if (state.pane === "conversation" && state.selected && matchMedia("(max-width: 719px)").matches) {
      requestAnimationFrame(conversation.focusTitle);
    }
  },
);

/** Whether it is known if this tab has a session. */
let ready = false;
/** @type {HTMLDialogElement|null} */
let again = null;
store.watch(
  (state) => [state.employee, state.expired],
  ({ employee, expired }) => {
    desk.hidden = !employee;
    loginPage.hidden = Boolean(employee) || !ready;
    if (!employee && ready) gate.focus();
    if (expired && !again) again = logInAgain();
    else if (!expired) {
      again?.close();
      again?.remove();
      again = null;
    }
  },
);

/** The session has ended: log in over the desk, with everything typed still there behind it. */
function logInAgain() {
  const { form, focus } = loginForm({
    session,
    title: "Log ind igen",
    words: "Du er blevet logget ud. Det, du har skrevet, er her stadig.",
    username: store.get().employee?.username,
    level: "h2",
  });
  const dialog = h("dialog", { class: "modal", "aria-labelledby": "login-h2-title", oncancel: (/** @type {Event} */ event) => event.preventDefault() }, form);
  document.body.append(dialog);
  dialog.showModal();
  focus();
  return dialog;
}

// While the socket is down the desk asks instead, and tells that the employee is still here.
setInterval(() => {
  const { token, connection, presence, list } = store.get();
  if (!token) return;
  if (connection !== "online") {
    void sync.all();
    void api.presence(presence).catch(() => {});
  } else if (list === "overview") void sync.overview();
}, POLL_MS);

/** Show the desk, or the log-in page; try again if the service cannot be reached. */
async function start() {
  try {
    await session.resume();
  } catch {
    warn("Der er ingen forbindelse til Klara. Prøver igen …");
    setTimeout(start, 3_000);
    return;
  }
  ready = true;
  loginPage.hidden = Boolean(store.get().employee);
  if (!store.get().employee) gate.focus();
}
void start();
