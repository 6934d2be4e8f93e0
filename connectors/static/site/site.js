/** The front page: a question written here opens the chat and is asked there. */

const chat = /** @type {any} */ (document.querySelector("klara-chat"));
const form = /** @type {HTMLFormElement} */ (document.querySelector("#ask"));
const field = /** @type {HTMLInputElement} */ (document.querySelector("#question"));

await customElements.whenDefined("klara-chat");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  chat.ask(field.value);
  field.value = "";
});

for (const chip of document.querySelectorAll("[data-question]")) {
  chip.addEventListener("click", () => chat.ask(/** @type {HTMLElement} */ (chip).dataset.question));
}

try {
  const response = await fetch(`/api/v1/config?language=${document.documentElement.lang}`);
  const { hours_text: hours = "", privacy_notice: notice = "" } = response.ok ? await response.json() : {};
  /** @type {HTMLElement} */ (document.querySelector("#hours")).textContent = hours;
  const link = /** @type {HTMLAnchorElement} */ (document.querySelector("#privacy"));
  if (/^https?:/u.test(notice)) {
    link.href = notice;
    link.hidden = false;
  }
} catch {
  // the phone number stands; the hours are left out
}
