/** The desk's shortcuts: Alt and a key, so that they never stand in the way of typing. */

/**
 * @typedef {{code: string, keys: string, words: string, run: () => void}} Shortcut
 */

/** @param {Shortcut[]} shortcuts */
export function listenForShortcuts(shortcuts) {
  const byCode = new Map(shortcuts.map((shortcut) => [shortcut.code, shortcut]));
  document.addEventListener("keydown", (event) => {
    // AltGr arrives as Ctrl+Alt and belongs to typing.
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    const shortcut = byCode.get(event.code);
    if (!shortcut) return;
    event.preventDefault();
    shortcut.run();
  });
}

/** Arrow keys, Home and End move between the buttons of a list. @param {HTMLElement} list */
export function arrowKeys(list) {
  list.addEventListener("keydown", (event) => {
    const buttons = /** @type {HTMLElement[]} */ (Array.from(list.querySelectorAll("button")));
    const place = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const target = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (place < 0 || target === undefined || event.altKey) return;
    event.preventDefault();
    buttons[Math.max(0, Math.min(buttons.length - 1, target))]?.focus();
  });
}
