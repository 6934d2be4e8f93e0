import { h } from "../dom.js";
import { help, notices, queue } from "./bars.js";
import { callback } from "./callback.js";
import { composer } from "./composer.js";
import { header } from "./header.js";
import { log } from "./log.js";
import { ended, eraseSheet, resumeSheet } from "./sheets.js";
import { status } from "./status.js";

const SMALL = "(max-width: 640px), (max-height: 480px)"; // here the chat has the whole screen
const TOUCH = "(pointer: coarse)";

/**
 * The chat itself, with all its views: a dialog over the page (the whole screen where that is small), or a part of it.
 *
 * @param {Omit<import("../types.js").Context, "alert"|"ask"|"focusComposer"|"focusLog">} given
 */
export function panel(given) {
  const { t, page, store, close } = given;
  const alertBox = h("div", { class: "alert-box", role: "alert" });
  /** @type {import("../types.js").Context} */
  const context = {
    ...given,
    alert: (text) => {
      alertBox.replaceChildren(h("p", {}, text), h("button", { type: "button", class: "plain", on: { click: () => alertBox.replaceChildren() } }, "OK"));
    },
    ask: (text) => { parts.composer.send(text); },
    focusComposer: () => (store.get().state === "closed" ? parts.ended.focus() : matchMedia(TOUCH).matches ? parts.log.focus() : parts.composer.focus()),
    focusLog: () => parts.log.focus(),
  };
  const parts = {
    header: header(context), help: help(context), notices: notices(context), queue: queue(context), log: log(context),
    status: status(context), composer: composer(context), ended: ended(context),
  };
  /** @type {Record<string, {element: HTMLElement, focus: () => void, enter?: () => void}>} */
  const sheets = { callback: callback(context), resume: resumeSheet(context), erase: eraseSheet(context) };
  const element = h(page ? "section" : "dialog", { class: page ? "panel page" : "panel", "aria-label": t.panel },
    ...["header", "help"].map((name) => parts[name].element), alertBox,
    ...["notices", "queue", "log"].map((name) => parts[name].element),
    ...Object.values(sheets).map((sheet) => sheet.element),
    ...["status", "composer", "ended"].map((name) => parts[name].element));
  element.addEventListener("keydown", keydown);
  element.addEventListener("cancel", (/** @type {Event} */ event) => {
    event.preventDefault();
    close();
  });
  const small = matchMedia(SMALL);
  let shown = "chat";

  /** @param {KeyboardEvent} event */
  function keydown(event) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    if (parts.header.closeMenu()) event.preventDefault();
    else if (store.get().view !== "chat") {
      event.preventDefault();
      store.set({ view: "chat" });
      context.focusComposer();
    } else if (!page) {
      event.preventDefault();
      close();
    }
  }

  /** The size of a phone's screen above its keyboard. */
  function fit() {
    const view = visualViewport;
    const full = small.matches && view && view.scale === 1;
    element.style.setProperty("--klara-height", full ? `${view.height}px` : "");
    element.style.setProperty("--klara-top", full ? `${view.offsetTop}px` : "");
  }

  function place() {
    if (!element.open) return;
    const { scrollX, scrollY } = window;
    const held = /** @type {ShadowRoot} */ (element.getRootNode()).activeElement;
    element.close();
    small.matches ? element.showModal() : element.show();
    /** @type {HTMLElement|null} */ (held)?.focus({ preventScroll: true });
    scrollTo({ left: scrollX, top: scrollY, behavior: "instant" });
    fit();
  }

  return {
    element,
    send: context.ask,
    focus: context.focusComposer,
    show() {
      if (page || element.open) return;
      small.matches ? element.showModal() : element.show();
      small.addEventListener("change", place);
      visualViewport?.addEventListener("resize", fit);
      visualViewport?.addEventListener("scroll", fit);
      fit();
      parts.log.toEnd();
      if (store.get().state === "closed") parts.ended.focus();
      else if (matchMedia(TOUCH).matches) parts.header.title.focus();
      else parts.composer.focus();
    },
    hide() {
      if (page || !element.open) return;
      small.removeEventListener("change", place);
      visualViewport?.removeEventListener("resize", fit);
      visualViewport?.removeEventListener("scroll", fit);
      element.close();
    },
    update(state) {
      const { view } = state;
      for (const [name, sheet] of Object.entries(sheets)) sheet.element.hidden = name !== view;
      parts.log.element.hidden = view !== "chat";
      for (const part of Object.values(parts)) part.update(state);
      if (view === shown) return;
      shown = view;
      sheets[view]?.enter?.();
      sheets[view]?.focus();
    },
  };
}
