/** Letting a conversation go: to a team or colleague, back to the assistant, or closed with an outcome. */

import { h } from "../dom.js";
import { isCallback } from "../model.js";
import * as words from "../words.js";
import { labelled, openForm } from "./modal.js";

/** @typedef {import("../types.js").Handover} Handover */

/** @param {Pick<import("../main.js").Parts, "store"|"api"|"work">} parts */
export function handoverDialogs({ store, api, work }) {
  return {
    /** @param {Handover} handover */
    async transfer(handover) {
      const { teams, employee } = store.get();
      const target = h(
        "select",
        {},
        h("option", { value: "" }, "Vælg …"),
        h("optgroup", { label: "Enheder" }, teamsOf(teams, store.get().lists, handover).map((team) => h("option", { value: `team:${team.slug}` }, team.name))),
      );
      const note = h("textarea", { rows: 3 });
      openForm({
        title: `Viderestil ${handover.receipt}`,
        fields: [
          labelled("transfer-to", "Til", target),
          labelled("transfer-note", "Note til den, der tager over", note, "Hvad er aftalt, og hvad mangler? Borgeren ser den ikke."),
        ],
        submit: "Viderestil",
        check: () => (target.value ? null : "Vælg, hvem der skal tage over."),
        act: () => {
          const [kind, id] = target.value.split(/:(.*)/);
          const name = target.selectedOptions[0].textContent;
          return work.transfer(handover, { [kind]: id, note: note.value.trim() }, name);
        },
      });
      target.focus();
      const { present = [] } = await api.overview().catch(() => ({}));
      const colleagues = present.filter((/** @type {any} */ one) => one.id && one.id !== employee?.id);
      if (colleagues.length) {
        target.append(
          h(
            "optgroup",
            { label: "Kolleger til stede" },
            colleagues.map((/** @type {any} */ one) => h("option", { value: `employee:${one.id}` }, `${one.name} (${words.presence(one.status)}, ${one.load} i gang)`)),
          ),
        );
      }
    },

    /** @param {Handover} handover */
    giveBack(handover) {
      openForm({
        title: "Giv tilbage til assistenten?",
        fields: [h("p", {}, "Assistenten svarer borgeren fra nu af, og henvendelsen lukkes. Borgeren kan altid bede om en medarbejder igen.")],
        submit: "Giv tilbage",
        act: () => work.giveBack(handover),
      });
    },

    /** @param {Handover} handover @param {string} [chosen] the outcome to begin with */
    close(handover, chosen = "") {
      const codes = ["solved", "referred", "callback", "no_contact", "other"].filter((code) => code !== "callback" || !isCallback(handover));
      const radios = codes.map((code) => h("input", { type: "radio", name: "outcome", value: code, id: `outcome-${code}`, checked: code === chosen }));
      const note = h("textarea", { rows: 3 });
      const dialog = openForm({
        title: `Luk ${handover.receipt}`,
        fields: [
          h(
            "fieldset",
            { class: "choices" },
            h("legend", {}, "Hvordan endte den?"),
            radios.map((radio) => h("label", { for: radio.id }, radio, radio.value === "solved" && isCallback(handover) ? "Truffet og løst" : words.outcome(radio.value))),
          ),
          labelled("close-note", "Note (valgfri)", note, "Borgeren ser den ikke."),
        ],
        submit: "Luk henvendelsen",
        check: () => (radios.some((radio) => radio.checked) ? null : "Vælg, hvordan den endte."),
        act: () => work.close(handover, radios.find((radio) => radio.checked)?.value ?? "other", note.value.trim()),
      });
      (dialog.querySelector("input:checked") ?? radios[0]).focus();
    },

    /** @param {Handover} handover */
    tryAgain(handover) {
      const note = h("textarea", { rows: 2 });
      openForm({
        title: "Ikke truffet – prøv igen senere",
        fields: [
          h("p", {}, "Forsøget skrives som en note, og opkaldet bliver hos dig. Skal en anden ringe, så viderestil det."),
          labelled("again-note", "Hvornår prøves der igen? (valgfri)", note),
        ],
        submit: "Notér forsøget",
        act: () => work.tryAgain(handover, note.value.trim()),
      });
      note.focus();
    },
  };
}

/** The teams one can transfer to; where the service names none, those seen in the lists. @param {import("../types.js").Team[]} teams @param {Record<string, Handover[]>} lists @param {Handover} handover */
function teamsOf(teams, lists, handover) {
  const seen = new Map(Object.values(lists).flat().map((one) => [one.team, { slug: one.team, name: one.team_name ?? one.team }]));
  const all = teams.length ? teams : Array.from(seen.values());
  return all.filter((team) => team.slug !== handover.team).sort((one, other) => one.name.localeCompare(other.name, "da"));
}
