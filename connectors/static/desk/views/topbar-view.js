/** The bar at the top: who I am, whether I take conversations, whether the line is up. */

import { fill, h, sign, spoken } from "../dom.js";
import * as words from "../words.js";

/** @param {import("../main.js").Parts} parts @param {{help: () => void, municipality: string}} more */
export function topbarView({ store, session, work, notifier, say, warn }, { help, municipality }) {
  const presence = h("div", { class: "segments", role: "group", "aria-label": "Min status" });
  const connection = h("p", { class: "connection", role: "status" });
  const who = h("p", { class: "who" });
  const overview = h(
    "button",
    { type: "button", class: "plain", data: { key: "overview" }, onclick: () => work.show("overview"), hidden: true },
    "Overblik",
  );
  const bell = h("button", { type: "button", class: "plain", onclick: askForNotifications, hidden: true }, "Slå besked til");

  async function askForNotifications() {
    const answer = await notifier.ask();
    bell.hidden = notifier.permission() !== "default";
    if (answer === "granted") say("Du får besked uden lyd, når vinduet ikke er fremme.");
    else warn("Browseren viser ikke beskeder fra denne side. Tallet i fanens titel viser, om nogen venter.");
  }

  store.watch(
    (state) => [state.presence],
    (state) =>
      fill(
        presence,
        ["available", "paused"].map((status) =>
          h(
            "button",
            {
              type: "button",
              class: `segment ${status}`,
              data: { key: `presence-${status}` },
              "aria-pressed": String(state.presence === status),
              onclick: () =>
                session
                  .setPresence(/** @type {any} */ (status))
                  .then(() => say(status === "available" ? "Du er ledig." : "Du holder pause. Dine samtaler bliver hos dig."))
                  .catch((/** @type {Error} */ error) => warn(error.message)),
            },
            sign(status === "available" ? "●" : "❙❙", "dot"),
            words.presence(status),
          ),
        ),
      ),
  );

  store.watch(
    (state) => [state.connection],
    (state) => {
      connection.className = `connection ${state.connection}`;
      fill(
        connection,
        state.connection === "online"
          ? [sign("✓"), h("span", { class: "wide-only" }, "Forbundet"), h("span", { class: "spoken narrow-only" }, "Forbundet")]
          : [sign("↻"), state.connection === "lost" ? "Forbinder igen …" : "Forbinder …"],
      );
    },
  );

  store.watch(
    (state) => [state.employee, state.list],
    (state) => {
      fill(who, state.employee ? [spoken("Logget ind som "), state.employee.name] : null);
      overview.hidden = state.employee?.role !== "supervisor";
      if (state.list === "overview") overview.setAttribute("aria-current", "page");
      else overview.removeAttribute("aria-current");
      bell.hidden = !notifier.supported || notifier.permission() !== "default";
    },
  );

  return h(
    "header",
    { class: "topbar" },
    h("h1", {}, "Klara", h("span", { class: "municipality" }, municipality)),
    presence,
    connection,
    h(
      "div",
      { class: "topbar-end" },
      overview,
      bell,
      h("button", { type: "button", class: "plain", onclick: help, "aria-keyshortcuts": "Alt+H" }, "Hjælp"),
      who,
      h("button", { type: "button", class: "plain", onclick: () => session.logOut() }, "Log ud"),
    ),
  );
}
