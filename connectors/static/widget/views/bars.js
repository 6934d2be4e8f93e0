import { h, icon } from "../dom.js";
import { safeUrl } from "../markdown.js";
import { employeeName } from "../store.js";

/**
 * The way to a person: the same button, the phone and the hours, in the same place in every state.
 *
 * @param {import("../types.js").Context} context
 */
export function help({ t, store, conversation, alert, focusLog }) {
  const human = h("button", { type: "button", class: "human", on: { click: ask } }, icon("person"), h("span", {}, t.human));
  const phone = h("span", { class: "phone" });
  const hours = h("p", { class: "hours" });
  // What the host page wrote inside <klara-chat>: shown when we know nothing of the municipality.
  const fallback = h("slot", {});
  const element = h("section", { class: "help", "aria-label": t.human }, human, h("div", { class: "reach" }, phone, hours, fallback));

  async function ask() {
    const { state, config } = store.get();
    if (state === "employee") return store.set({ said: t.already(employeeName(store.get())) });
    if (state === "waiting") return store.set({ said: t.alreadyWaiting });
    human.setAttribute("aria-busy", "true");
    try {
      store.set({ view: "chat" });
      await conversation.handover();
      focusLog();
    } catch (error) {
      const { status, message } = /** @type {import("../api.js").ApiError} */ (error);
      if (status && status < 500) alert(message || t.error);
      else store.set({ said: config ? t.downCall(config.phone) : t.down }); // the banner says it to the eye
    } finally {
      human.removeAttribute("aria-busy");
    }
  }

  let drawn = /** @type {any} */ (undefined);
  return {
    element,
    update({ config }) {
      if (config === drawn) return;
      drawn = config;
      fallback.hidden = Boolean(config);
      const link = safeUrl(config?.phone_link);
      phone.replaceChildren(...(config ? [link ? h("a", { href: link }, icon("phone"), t.call(config.phone)) : t.call(config.phone)] : []));
      hours.textContent = config?.hours_text ?? "";
    },
  };
}

/**
 * What the citizen must know whatever they read: the municipality's banners, and that the service is down.
 *
 * @param {import("../types.js").Context} context
 */
export function notices({ t, conversation }) {
  const element = h("div", { class: "notices" });
  let drawn = "";
  return {
    element,
    update({ config, down, connection }) {
      const lost = down && connection !== "online";
      const now = JSON.stringify([config?.notices, lost]);
      if (now === drawn) return;
      drawn = now;
      element.replaceChildren(
        ...(config?.notices ?? []).map(({ text, level }) =>
          h("p", { class: `notice ${level === "warning" || level === "error" ? "warning" : ""}` }, text)),
        ...(lost ? [h("div", { class: "notice warning" }, h("p", {}, t.down),
          h("button", { type: "button", class: "second", on: { click: again } }, t.tryAgain))] : []),
      );
    },
  };

  async function again() {
    await conversation.loadConfig();
    conversation.start().catch(() => {});
  }
}

/**
 * The place in the queue, and the way out of it. Seen at once; read aloud by the status line, at most every 30 s.
 *
 * @param {import("../types.js").Context} context
 */
export function queue({ t, conversation, alert, focusComposer }) {
  const place = h("strong", {});
  const detail = h("span", {});
  const stop = h("button", { type: "button", class: "second", on: { click: leave } }, t.stopWaiting);
  const element = h("div", { class: "queue", hidden: true }, h("p", {}, place, h("br"), detail), stop);

  async function leave() {
    try {
      await conversation.stopWaiting();
      focusComposer();
    } catch (error) {
      alert(/** @type {Error} */ (error).message || t.error);
    }
  }

  return {
    element,
    update({ state, waiting }) {
      element.hidden = state !== "waiting";
      place.textContent = t.place(waiting?.place);
      detail.textContent = waiting?.text && !/^\D*\d+\D*$/u.test(waiting.text) ? waiting.text : t.waitHint;
    },
  };
}
