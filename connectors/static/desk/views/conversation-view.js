/** The middle column: the head with what can be done, the transcript, and the composer when it is mine. */

import { fill, h, sign } from "../dom.js";
import { isPast, day } from "../format.js";
import { canClaim, citizenName, isCallback, isMine, isUrgent, selectedHandover } from "../model.js";
import * as words from "../words.js";
import { composerView } from "./composer-view.js";
import { tabsView } from "./tabs-view.js";
import { transcriptView } from "./transcript-view.js";

/** @typedef {import("../types.js").Handover} Handover */

/** @param {import("../main.js").Parts} parts */
export function conversationView(parts) {
  const { store, work, dialogs } = parts;
  const title = h("h2", { id: "conversation-title", tabindex: "-1" });
  const facts = h("p", { class: "head-facts" });
  const actions = h("div", { class: "actions", role: "group", "aria-label": "Handlinger" });
  const callback = h("div", { class: "callback-bar" });
  const bar = h("div", { class: "claim-bar" });
  const composer = composerView(parts);
  const nothing = h(
    "div",
    { class: "nothing" },
    h("p", { class: "nothing-title" }, "Vælg en henvendelse"),
    h("p", { class: "quiet" }, "Du ser samtalen og pakken, før du tager den. Alt+H viser genvejene."),
  );
  const back = h("button", { type: "button", class: "plain narrow-only", onclick: () => work.backToList() }, sign("← "), "Lister");
  const toPacket = h(
    "button",
    { type: "button", class: "plain middle-only", onclick: () => store.set({ pane: "packet" }) },
    "Pakke",
    sign(" →"),
  );
  const body = h(
    "div",
    { class: "conversation-body" },
    h("div", { class: "column-head" }, h("div", { class: "head-line" }, back, title, toPacket), facts, actions),
    callback,
    transcriptView(parts),
    bar,
    composer.element,
  );

  store.watch(
    (state) => [state.selected, state.lists, state.details, state.employee],
    (state) => {
      const handover = selectedHandover(state);
      body.hidden = !handover;
      nothing.hidden = Boolean(handover);
      if (!handover) return;
      const own = isMine(state, handover);
      fill(title, citizenName(handover), h("span", { class: "receipt" }, handover.receipt));
      fill(
        facts,
        isUrgent(handover) ? h("span", { class: "badge urgent" }, sign("!"), "Haster") : null,
        h("span", {}, handover.team_name ?? handover.team),
        handover.language !== "da" ? h("span", { class: "badge" }, words.language(handover.language)) : null,
        h("span", {}, stateOf(handover, own)),
      );
      fill(actions, own ? ownActions(handover) : null);
      actions.hidden = !own;
      callback.hidden = !(isCallback(handover) && handover.state !== "closed");
      fill(callback, callback.hidden ? null : callbackBar(handover, own));
      const text = own || state.details[handover.conversation_id] ? claimText(handover) : null;
      bar.hidden = own || !text;
      fill(bar, bar.hidden ? null : [h("p", {}, text), canClaim(handover) ? claimButton(handover) : null]);
      composer.show(own ? handover : null);
    },
  );

  /** @param {Handover} handover */
  const claimButton = (handover) =>
    h(
      "button",
      { type: "button", class: "primary", data: { key: "claim" }, "aria-keyshortcuts": "Alt+T", onclick: () => claim(handover) },
      isCallback(handover) ? "Tag opkaldet" : "Tag samtalen",
    );

  /** @param {Handover} handover */
  async function claim(handover) {
    if (await work.claim(handover)) requestAnimationFrame(() => composer.focus() || title.focus());
    else requestAnimationFrame(() => title.focus());
  }

  /** @param {Handover} handover */
  function ownActions(handover) {
    const action = (/** @type {string} */ key, /** @type {string} */ label, /** @type {string} */ keys, /** @type {() => void} */ run) =>
      h("button", { type: "button", class: "small", data: { key }, "aria-keyshortcuts": keys, onclick: run }, label);
    return [
      action("transfer", "Viderestil", "Alt+V", () => dialogs.transfer(handover)),
      isCallback(handover) ? null : action("return", "Til assistenten", "Alt+A", () => dialogs.giveBack(handover)),
      action("close", "Luk", "Alt+L", () => dialogs.close(handover)),
    ];
  }

  /** @param {Handover} handover @param {boolean} own */
  function callbackBar(handover, own) {
    const contact = handover.contact ?? {};
    const late = isPast(handover.promised_by);
    return [
      h(
        "div",
        { class: "call" },
        contact.phone
          ? h("a", { class: "call-number", href: `tel:${contact.phone.replace(/[^\d+]/g, "")}` }, sign("✆ "), contact.phone)
          : contact.email
            ? h("a", { class: "call-number", href: `mailto:${contact.email}` }, contact.email)
            : "Ingen kontaktoplysninger",
        h("span", {}, contact.when ? `Ønsket tid: ${contact.when}` : "Ingen ønsket tid"),
        handover.promised_by
          ? h("span", { class: late ? "late" : "" }, late ? [sign("! "), "Lovet senest "] : "Lovet senest ", day(handover.promised_by), late ? " – overskredet" : "")
          : null,
      ),
      own
        ? h(
            "div",
            { class: "actions" },
            h("button", { type: "button", class: "small", data: { key: "reached" }, onclick: () => dialogs.close(handover, "solved") }, "Truffet"),
            h("button", { type: "button", class: "small", data: { key: "again" }, onclick: () => dialogs.tryAgain(handover) }, "Prøv igen senere"),
            h("button", { type: "button", class: "small", data: { key: "missed" }, onclick: () => dialogs.close(handover, "no_contact") }, "Ikke truffet"),
          )
        : null,
    ];
  }

  return {
    element: h(
      "section",
      { class: "conversation-column", id: "conversation", "aria-labelledby": "conversation-title" },
      tabsView(parts),
      nothing,
      body,
    ),
    claim: () => {
      const handover = selectedHandover(store.get()) ?? store.get().lists.waiting[0];
      if (handover && canClaim(handover)) void claim(handover);
    },
    focusComposer: () => composer.focus(),
    openCanned: () => composer.openCanned(),
    openArticles: () => composer.openArticles(),
    focusTitle: () => title.focus(),
  };
}

/** @param {Handover} handover @param {boolean} own */
function stateOf(handover, own) {
  if (own) return "Din samtale";
  if (handover.state === "active" && handover.employee) return `Hos ${handover.employee.name}`;
  return words.handoverState(handover.state);
}

/** @param {Handover} handover */
function claimText(handover) {
  if (handover.state === "closed") {
    return `Lukket: ${words.outcome(handover.outcome) || "uden udfald"}. Samtalen kan læses.`;
  }
  if (handover.employee) return `${handover.employee.name} har samtalen. Du kan læse med.`;
  return isCallback(handover) ? "Borgeren venter på at blive ringet op." : "Borgeren venter på en medarbejder.";
}
