import { h, icon, outLink } from "../dom.js";
import { safeUrl } from "../markdown.js";
import { employeeName } from "../store.js";

/**
 * Who speaks: a machine, or a named person. With the menu and the way out.
 *
 * @param {import("../types.js").Context} context
 */
export function header(context) {
  const { t, close, page } = context;
  const title = h("h2", { id: "title", tabindex: "-1" }, t.title);
  const who = h("p", { class: "who", id: "who" });
  const more = menu(context);
  const element = h("div", { class: "header" },
    h("span", { class: "face", "aria-hidden": "true" }, "K"),
    h("div", { class: "names" }, title, who),
    more.element,
    !page && h("button", { type: "button", class: "bare", "aria-label": t.close, title: t.close, on: { click: close } }, icon("close")));

  return {
    element,
    title,
    /** @returns {boolean} Whether there was a menu to close. */
    closeMenu: more.close,
    update(state) {
      who.textContent = { employee: t.withPerson(employeeName(state)), waiting: t.inQueue }[state.state] ?? t.machine;
      more.update(state);
    },
  };
}

/**
 * What one may do with the conversation: a button that shows and hides a list of buttons.
 *
 * @param {import("../types.js").Context} context
 */
function menu({ t, store, conversation, alert, base, switchLanguage, focusComposer }) {
  const list = h("ul", { id: "menu", class: "menu-list", hidden: true });
  const button = h("button", {
    type: "button", class: "bare", "aria-expanded": "false", "aria-controls": "menu", on: { click: () => show(list.hidden) },
  }, icon("menu"), h("span", { class: "bare-label" }, t.menu));
  const element = h("div", { class: "menu", on: { focusout: leave } }, button, list);

  /** @param {boolean} visible */
  function show(visible) {
    list.hidden = !visible;
    button.setAttribute("aria-expanded", String(visible));
  }

  /** @param {FocusEvent} event */
  function leave(event) {
    if (event.relatedTarget && !element.contains(/** @type {Node} */ (event.relatedTarget))) show(false);
  }

  /** @param {string} label @param {() => unknown} run @param {Record<string, any>} [props] */
  const item = (label, run, props = {}) => {
    const click = async () => {
      show(false);
      button.focus();
      try {
        await run();
      } catch (error) {
        alert(/** @type {Error} */ (error).message || t.error);
      }
    };
    return h("li", {}, h("button", { type: "button", on: { click }, ...props }, label));
  };

  /** @param {"html"|"text"} format */
  async function download(format) {
    await conversation.start();
    const url = URL.createObjectURL(await conversation.transcript(format));
    h("a", { href: url, download: `${t.fileName}.${format === "html" ? "html" : "txt"}` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    store.set({ said: t.downloaded });
  }

  let drawn = "";
  return {
    element,
    close() {
      if (list.hidden) return false;
      show(false);
      button.focus();
      return true;
    },
    update({ conversation: current, state, config }) {
      const [begun, over, privacy] = [Boolean(current), state === "closed", safeUrl(config?.privacy_notice, base)];
      const now = JSON.stringify([begun, over, privacy]);
      if (now === drawn) return;
      drawn = now;
      const other = t.lang === "da" ? "en" : "da";
      list.replaceChildren(...[
        item(t.language, () => switchLanguage(other), { lang: other }),
        begun && item(t.transcriptHtml, () => download("html")),
        begun && item(t.transcriptText, () => download("text")),
        !over && item(t.otherDevice, () => store.set({ view: "resume" })),
        privacy && h("li", {}, outLink(privacy, t.newWindow, {}, t.privacy)),
        begun && !over && item(t.end, async () => {
          await conversation.close();
          focusComposer();
        }),
        begun && item(t.erase, () => store.set({ view: "erase" })),
      ].filter(Boolean));
    },
  };
}
