import { h, icon } from "../dom.js";

/**
 * The button that opens the chat. It never moves and never opens by itself.
 *
 * @param {import("../types.js").Context} context
 */
export function launcher({ t, open }) {
  const label = h("span", {}, t.launcher);
  const badge = h("span", { class: "badge", hidden: true });
  const element = h("button", { type: "button", class: "launcher", "aria-haspopup": "dialog", on: { click: open } }, icon("chat"), label, badge);
  let seen = Infinity;

  return {
    element,
    /** @param {import("../types.js").State} state @param {boolean} isOpen */
    update(state, isOpen) {
      const heard = state.messages.filter((message) => message.speaker !== "citizen").length;
      if (isOpen || heard < seen) seen = heard;
      const unread = heard - seen;
      element.hidden = isOpen;
      label.textContent = state.conversation && state.state !== "closed" ? t.launcherMore : t.launcher;
      badge.hidden = unread < 1;
      badge.replaceChildren(String(unread), h("span", { class: "unseen" }, ` (${t.unread(unread)})`));
    },
  };
}
