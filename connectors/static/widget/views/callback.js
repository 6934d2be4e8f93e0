import { h } from "../dom.js";
import { lastQuestion } from "../store.js";
import { field, sheet } from "./sheets.js";

const EMAIL = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/u;

/**
 * What must be mended before the form can be sent, in words, by field.
 *
 * @param {{name: string, phone: string, email: string, byEmail: boolean}} form
 * @param {import("../texts.js").Texts} t
 * @returns {{name: string, phone: string, email: string}}
 */
export function checkCallback({ name, phone, email, byEmail }, t) {
  const errors = { name: name ? "" : t.needName, phone: "", email: "" };
  if (phone && phone.replace(/\D/gu, "").length < 8) errors.phone = t.badPhone;
  if (email && !EMAIL.test(email)) errors.email = t.badEmail;
  if (!phone && !email) errors.phone = t.needContact;
  else if (byEmail && !email) errors.email = t.needEmail;
  return errors;
}

/**
 * Ask to be contacted.
 *
 * @param {import("../types.js").Context} context
 */
export function callback({ t, store, conversation, focusLog }) {
  const fields = {
    name: field({ id: "cb-name", label: t.name, props: { autocomplete: "name", required: true } }),
    phone: field({ id: "cb-phone", label: t.phone, hint: t.contactHint, props: { type: "tel", inputmode: "tel", autocomplete: "tel" } }),
    email: field({ id: "cb-email", label: t.email, props: { type: "email", autocomplete: "email" } }),
    when: field({ id: "cb-when", label: t.when, tag: "select" }, ...t.whens.map((when) => h("option", {}, when))),
    question: field({ id: "cb-question", label: t.question, tag: "textarea", props: { rows: "3" } }),
  };
  const summary = h("p", { class: "error summary", role: "alert" });
  const send = h("button", { type: "submit", class: "first" }, t.sendCallback);
  const view = sheet({
    title: t.callbackTitle, back: t.back, onBack: () => leave(), tag: "form", props: { novalidate: true },
    children: [h("p", {}, t.callbackText), ...Object.values(fields).map((f) => f.element), summary, send],
  });
  view.element.addEventListener("submit", submit);

  function leave() {
    store.set({ view: "chat" });
    focusLog();
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    const { name, phone, email, when, question } = fields;
    const form = { name: name.value, phone: phone.value, email: email.value, byEmail: when.control.selectedIndex === 3 };
    const errors = checkCallback(form, t);
    const wrong = /** @type {("name"|"phone"|"email")[]} */ (["name", "phone", "email"]).filter((id) => fields[id].complain(errors[id]));
    summary.textContent = wrong.length ? t.fixFields(wrong.length) : "";
    if (wrong.length) return fields[wrong[0]].control.focus();
    send.disabled = true;
    try {
      await conversation.callback({
        name: form.name, when: when.value, ...(form.phone && { phone: form.phone }), ...(form.email && { email: form.email }),
        ...(question.value && { question: question.value }),
      });
      view.element.reset();
      leave();
    } catch (error) {
      summary.textContent = /** @type {Error & {status: number}} */ (error).status ? /** @type {Error} */ (error).message || t.error : t.error;
    } finally {
      send.disabled = false;
    }
  }

  return {
    element: view.element,
    focus: view.focus,
    /** Begin with what the citizen last asked. */
    enter() {
      if (!fields.question.value) fields.question.control.value = lastQuestion(store.get().messages);
    },
  };
}
