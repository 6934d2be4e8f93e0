/** The log-in form: a page of its own, or a dialog over the desk when the session has ended. */

import { h } from "../dom.js";

/**
 * @param {object} parts
 * @param {import("../session.js").Session} parts.session
 * @param {string} parts.title
 * @param {string} parts.words
 * @param {string} [parts.username]
 * @param {string} [parts.level] of the heading
 */
export function loginForm({ session, title, words, username = "", level = "h1" }) {
  const prefix = `login-${level}`;
  const name = h("input", {
    id: `${prefix}-username`, name: "username", autocomplete: "username", required: true, value: username,
    autocapitalize: "none", spellcheck: "false",
  });
  const password = h("input", {
    id: `${prefix}-password`, name: "password", type: "password", autocomplete: "current-password", required: true,
  });
  const problem = h("p", { class: "problem", role: "alert", id: `${prefix}-problem` });
  const button = h("button", { class: "primary wide", type: "submit" }, "Log ind");

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    problem.textContent = "";
    const missing = !name.value.trim() ? name : !password.value ? password : null;
    if (missing) {
      problem.textContent = missing === name ? "Skriv dit brugernavn." : "Skriv din adgangskode.";
      missing.focus();
      return;
    }
    button.disabled = true;
    try {
      await session.logIn(name.value.trim(), password.value);
      password.value = "";
    } catch (error) {
      const { status, message } = /** @type {import("../api.js").ApiError} */ (error);
      problem.textContent =
        status === 401 ? "Brugernavn eller adgangskode er forkert. Prøv igen." : message || "Prøv igen om lidt.";
      password.focus();
      password.select();
    } finally {
      button.disabled = false;
    }
  }

  const form = h(
    "form",
    { class: "login", novalidate: true, onsubmit: submit, "aria-labelledby": `${prefix}-title` },
    h(level, { id: `${prefix}-title` }, title),
    h("p", { class: "quiet" }, words),
    h("label", { for: name.id }, "Brugernavn"),
    name,
    h("label", { for: password.id }, "Adgangskode"),
    password,
    problem,
    button,
  );
  return { form, focus: () => (name.value ? password : name).focus() };
}
