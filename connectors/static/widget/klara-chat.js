/**
 * <klara-chat>: the citizen's chat, as one element on any page.
 *
 * Attributes: ``api`` (the service's host; without it, the host of this script), ``language`` (da, en; else that of the
 * page), ``theme`` (light, dark; else as the citizen's system), ``audience``, ``open``, ``page`` (inside a container
 * instead of over the page). What is written inside the element is shown where nothing is known of the municipality.
 * Methods: ``ask(text)`` opens the chat and sends a question, ``show()``, ``hide()``.
 */

import { apiBase, createApi } from "./api.js";
import { createConversation } from "./conversation.js";
import { createStorage } from "./storage.js";
import { createStore } from "./store.js";
import { textsFor } from "./texts.js";
import { launcher } from "./views/launcher.js";
import { panel } from "./views/panel.js";

/** The style sheet of klara-chat.css, shared by all chats of a page. Without it the chat is plain, and works. */
const styles = new CSSStyleSheet();
await fetch(new URL("klara-chat.css", import.meta.url), { credentials: "omit" })
  .then(async (response) => response.ok && styles.replaceSync(await response.text()))
  .catch(() => {});

export class KlaraChat extends HTMLElement {
  static observedAttributes = ["open", "language"];

  #store = createStore();
  /** @type {ReturnType<typeof createConversation>|null} */
  #conversation = null;
  /** @type {ReturnType<typeof createStorage>|null} */
  #storage = null;
  /** @type {ReturnType<typeof panel>|null} */
  #panel = null;
  /** @type {ReturnType<typeof launcher>|null} */
  #launcher = null;
  #base = "";
  /** @type {(() => void)[]} */
  #stops = [];

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [styles];
  }

  get #texts() {
    return textsFor(this.getAttribute("language") ?? document.documentElement.lang);
  }

  get open() {
    return this.hasAttribute("open");
  }

  set open(value) {
    this.toggleAttribute("open", Boolean(value));
  }

  connectedCallback() {
    if (!this.#conversation) {
      this.#base = apiBase(this.getAttribute("api"), import.meta.url, document.baseURI);
      this.#storage = createStorage(this.#base);
      this.#conversation = createConversation({
        api: createApi(this.#base), storage: this.#storage, store: this.#store,
        texts: () => this.#texts, audience: () => this.getAttribute("audience"),
      });
    }
    const conversation = this.#conversation;
    this.#stops = [
      this.#store.subscribe(() => this.#update()),
      /** @type {ReturnType<typeof createStorage>} */ (this.#storage).watch(({ id }) => {
        if (id && !this.#store.get().conversation) conversation.restore();
      }),
    ];
    this.#draw();
    conversation.loadConfig();
    conversation.restore();
  }

  disconnectedCallback() {
    this.#panel?.hide();
    this.#stops.forEach((stop) => stop());
    this.#conversation?.stop();
  }

  /** @param {string} name @param {string|null} before @param {string|null} now */
  attributeChangedCallback(name, before, now) {
    if (!this.#panel || before === now) return;
    if (name === "language") {
      this.#draw();
      this.#conversation?.loadConfig();
    } else if (now !== null) this.#opened();
    else this.#closed();
  }

  /** Open the chat. */
  show() {
    this.open = true;
  }

  /** Close the chat; the conversation goes on. */
  hide() {
    this.open = false;
  }

  /**
   * Open the chat and send a question.
   *
   * @param {string} text
   */
  ask(text) {
    this.show();
    if (text.trim()) this.#panel?.send(text.trim());
  }

  /** Build everything anew in the language of now; the store keeps what was said. */
  #draw() {
    const t = this.#texts;
    const page = this.hasAttribute("page");
    const held = this.#panel && this.shadowRoot?.activeElement;
    const context = {
      t, page, store: this.#store, base: this.#base,
      storage: /** @type {ReturnType<typeof createStorage>} */ (this.#storage),
      conversation: /** @type {ReturnType<typeof createConversation>} */ (this.#conversation),
      open: () => this.show(),
      close: () => this.hide(),
      switchLanguage: (/** @type {string} */ language) => this.setAttribute("language", language),
    };
    this.#panel?.hide();
    this.#panel = panel(context);
    this.#launcher = page ? null : launcher(/** @type {any} */ (context));
    const root = /** @type {ShadowRoot} */ (this.shadowRoot);
    root.replaceChildren();
    const frame = document.createElement("div");
    frame.className = "klara";
    frame.lang = t.lang;
    if (this.#launcher) frame.append(this.#launcher.element);
    frame.append(this.#panel.element);
    root.append(frame);
    this.#update();
    if (this.open) this.#opened();
    if (held) this.#panel.focus();
  }

  #update() {
    this.#panel?.update(this.#store.get());
    this.#launcher?.update(this.#store.get(), this.open);
  }

  #opened() {
    this.#update();
    this.#panel?.show();
    const { state, conversation } = this.#store.get();
    if (!this.hasAttribute("page") && !(conversation && state === "closed")) this.#conversation?.start().catch(() => {});
    this.dispatchEvent(new CustomEvent("klara-open"));
  }

  #closed() {
    this.#panel?.hide();
    this.#update();
    this.#launcher?.element.focus();
    this.dispatchEvent(new CustomEvent("klara-close"));
  }
}

customElements.define("klara-chat", KlaraChat);
