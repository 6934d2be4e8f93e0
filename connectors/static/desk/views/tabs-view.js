/** My conversations side by side, with a mark on those that have something unread. */

import { fill, h, sign, spoken } from "../dom.js";
import { citizenName, mine, subject, unread } from "../model.js";

/** @param {import("../main.js").Parts} parts */
export function tabsView({ store, work }) {
  const element = h("nav", { class: "open-tabs", "aria-label": "Mine samtaler" });
  store.watch(
    (state) => [state.lists, state.details, state.read, state.selected, state.typing],
    (state) => {
      const own = mine(state);
      element.hidden = own.length === 0;
      fill(
        element,
        own.map((handover) => {
          const news = unread(state, handover.conversation_id);
          return h(
            "button",
            {
              type: "button",
              class: "open-tab",
              data: { key: `tab-${handover.id}` },
              "aria-current": state.selected?.id === handover.id ? "true" : undefined,
              onclick: () => work.select(handover),
            },
            h("span", { class: "open-name" }, handover.contact?.name ? citizenName(handover) : subject(handover)),
            news ? [h("span", { class: "badge news", "aria-hidden": "true" }, news), spoken(`, ${news} ulæste`)] : null,
            !news && (state.typing[handover.conversation_id] ?? 0) > Date.now() ? [sign("…"), spoken(", skriver")] : null,
          );
        }),
      );
    },
  );
  return element;
}
