/** Short words at the edge of the screen: confirmations politely, problems at once. */

import { h } from "./dom.js";

const SHOWN_MS = 6_000;
const PROBLEM_SHOWN_MS = 12_000;

export function toaster() {
  const status = h("div", { class: "toast", role: "status" });
  const alert = h("div", { class: "toast problem-toast", role: "alert" });

  /** @param {HTMLElement} element @param {number} ms */
  const shower = (element, ms) => {
    let timer = 0;
    return (/** @type {string} */ words) => {
      clearTimeout(timer);
      element.textContent = words;
      timer = window.setTimeout(() => (element.textContent = ""), ms);
    };
  };
  return { say: shower(status, SHOWN_MS), warn: shower(alert, PROBLEM_SHOWN_MS), elements: [h("div", { class: "toasts" }, alert, status)] };
}
