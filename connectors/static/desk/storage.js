/**
 * What the desk keeps in the browser: the session's token, and text that is not sent yet. All of it is
 * in sessionStorage, so it goes with the tab, and is cleared at log-out.
 */

const PREFIX = "klara-desk:";

/** @param {string} name @param {any} otherwise @returns {any} */
export function load(name, otherwise = null) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name) ?? "null") ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Null removes. @param {string} name @param {any} value */
export function save(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(PREFIX + name);
    else sessionStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the desk works on without it.
  }
}

export function clear() {
  for (const name of Object.keys(sessionStorage)) if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
}
