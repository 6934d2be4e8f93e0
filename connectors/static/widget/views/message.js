import { h, icon, outLink } from "../dom.js";
import { renderMarkdown, safeUrl } from "../markdown.js";
import { sayDate, sayTime } from "../texts.js";
import { keyOf } from "../store.js";

/**
 * Who says a message, in words.
 *
 * @param {Partial<import("../types.js").Message>} message
 * @param {import("../texts.js").Texts} t
 */
export function speakerOf({ speaker, speaker_name: name }, t) {
  return { citizen: t.you, assistant: t.assistant, employee: name || t.employee, system: t.system }[speaker ?? "citizen"];
}

/**
 * @param {import("../types.js").Source[]} sources
 * @param {import("../texts.js").Texts} t
 * @param {string} base
 */
function sourceList(sources, t, base) {
  const items = sources.map(({ title, url, owner, reviewed }) => {
    const link = safeUrl(url, base);
    const about = [owner, reviewed && t.reviewed(sayDate(reviewed, t))].filter(Boolean).join(" · ");
    return h("li", {}, link ? outLink(link, t.newWindow, {}, title) : title, about && h("span", { class: "about" }, about));
  });
  return h("div", { class: "sources" }, icon("page"), h("span", { class: "sources-label" }, t.sources), h("ul", {}, ...items));
}

/**
 * One message: who, when, what, and where it is from.
 *
 * @param {import("../types.js").Message} message
 * @param {import("../types.js").Context} context
 */
export function messageView(message, { t, base }) {
  const { speaker, text, at, language, sources = [] } = message;
  const id = `m-${keyOf(message).replace(/\W/gu, "-")}`;
  const plain = speaker === "citizen";
  const body = h("div", { class: "bubble", lang: language && language !== t.lang ? language : null },
    plain ? h("p", { class: "typed" }, text) : renderMarkdown(text, { breaks: speaker === "employee", newWindow: t.newWindow }),
    sources.length ? sourceList(sources, t, base) : null);
  return h("article", { class: `message ${speaker}`, "aria-labelledby": id },
    h("p", { class: "meta", id }, h("span", { class: "speaker" }, speakerOf(message, t)), " ", h("time", { datetime: at }, sayTime(at, t))),
    body);
}

/**
 * A message the service has not accepted: on its way, or failed with its text kept.
 *
 * @param {import("../types.js").Pending} message
 * @param {import("../types.js").Context} context
 */
export function pendingView(message, context) {
  const { t, conversation, focusComposer } = context;
  const view = messageView(/** @type {any} */ ({ ...message, speaker: "citizen" }), context);
  view.classList.add(message.status);
  if (message.status === "failed") {
    view.append(h("div", { class: "failed-actions" },
      message.reason && h("p", { class: "error" }, message.reason),
      h("button", { type: "button", class: "retry", on: { click: () => { focusComposer(); conversation.retry(message.client_id); } } }, t.failed),
      h("button", { type: "button", class: "plain", on: { click: () => { focusComposer(); conversation.discard(message.client_id); } } }, t.discard)));
  }
  return view;
}

/**
 * The choices under a message. Links stay; buttons go once the conversation has moved on.
 *
 * @param {import("../types.js").Message} message
 * @param {boolean} current  Whether the buttons still apply.
 * @param {import("../types.js").Context} context
 * @returns {HTMLElement|null}
 */
export function optionsView({ options = [], language }, current, { t, base, store, conversation, ask, alert, focusLog }) {
  const buttons = options.flatMap((option) => {
    if (option.url) {
      const link = safeUrl(option.url, base);
      return link ? [outLink(link, t.newWindow, { class: "option service" }, option.label)] : [];
    }
    if (!current) return [];
    const click = async () => {
      if (option.action === "callback") return store.set({ view: "callback" });
      focusLog();
      if (option.action !== "handover") return ask(option.value ?? option.label);
      await conversation.handover().catch((error) => alert(error.message && error.status ? error.message : t.down));
    };
    return [h("button", { type: "button", class: "option", on: { click } }, option.action ? icon("person") : null, option.label)];
  });
  if (!buttons.length) return null;
  return h("div", { class: "options", role: "group", "aria-label": t.optionsLabel, lang: language && language !== t.lang ? language : null }, ...buttons);
}
