import { h, icon } from "../dom.js";
import { employeeName } from "../store.js";

/**
 * Where the citizen writes. The text is kept until the service has it.
 *
 * @param {import("../types.js").Context} context
 */
export function composer({ t, storage, conversation }) {
  const label = h("label", { for: "text" });
  const error = h("p", { class: "error", id: "text-error", hidden: true });
  const text = h("textarea", {
    id: "text", rows: "1", "aria-describedby": "who", placeholder: t.placeholder, autocomplete: "off", enterkeyhint: "send", on: { keydown: key, input },
  });
  const button = h("button", { type: "submit", class: "send" }, h("span", {}, t.send), icon("send"));
  const element = h("form", { class: "composer", novalidate: true, on: { submit } }, label, h("div", { class: "field" }, text, button), error);
  text.value = storage.read().draft ?? "";

  /** @param {KeyboardEvent} event */
  function key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    element.requestSubmit();
  }

  function input() {
    storage.write({ draft: text.value });
    complain("");
    conversation.typing();
  }

  /** @param {string} words */
  function complain(words) {
    error.textContent = words;
    error.hidden = !words;
    text.setAttribute("aria-invalid", String(Boolean(words)));
    text.setAttribute("aria-describedby", words ? "text-error" : "who");
  }

  /** @param {SubmitEvent} event */
  function submit(event) {
    event.preventDefault();
    const words = text.value.trim();
    if (!words) {
      complain(t.empty);
      text.focus();
      return;
    }
    text.value = "";
    complain("");
    storage.write({ draft: "" });
    send(words);
  }

  /** @param {string} words */
  async function send(words) {
    const { refused, text: back = words } = await conversation.send(words);
    if (!refused) return;
    if (!text.value) text.value = back;
    storage.write({ draft: text.value });
    complain(refused);
    text.focus();
  }

  return {
    element,
    send,
    focus: () => text.focus(),
    update(state) {
      const to = state.state === "employee" ? t.writeTo(employeeName(state).split(",")[0]) : t.askKlara;
      if (label.textContent !== to) label.textContent = to;
      text.placeholder = state.messages.some((message) => message.speaker === "citizen") ? "" : t.placeholder;
      element.hidden = state.view !== "chat" || state.state === "closed";
    },
  };
}
