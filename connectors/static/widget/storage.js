/**
 * What the browser keeps: the conversation's id and token, and text that is not sent yet. Nothing else, and
 * nothing after the end. Works without storage too (private windows), then only for as long as the page lives.
 *
 * @typedef {object} Kept
 * @property {string} [id]
 * @property {string} [token]
 * @property {string} [draft]
 * @property {{client_id: string, text: string}[]} [unsent]
 */

/**
 * @param {string} name  One for each service, so that two municipalities on one host stay apart.
 * @param {Storage|null} [area]
 */
export function createStorage(name, area = safeArea()) {
  const key = `klara-chat ${name}`;
  /** @type {Kept} */
  let memory = {};

  /** @returns {Kept} */
  function read() {
    try {
      return area ? JSON.parse(area.getItem(key) ?? "{}") ?? {} : memory;
    } catch {
      return memory;
    }
  }

  /** @param {Partial<Kept>} change */
  function write(change) {
    const kept = Object.fromEntries(
      Object.entries({ ...read(), ...change }).filter(([, value]) => (Array.isArray(value) ? value.length : value)),
    );
    memory = kept;
    try {
      if (Object.keys(kept).length) area?.setItem(key, JSON.stringify(kept));
      else area?.removeItem(key);
    } catch {
      // full or forbidden: memory holds it
    }
  }

  return {
    read,
    write,
    clear() {
      write({ id: "", token: "", draft: "", unsent: [] });
    },
    /**
     * @param {(kept: Kept) => void} listener  Called when another tab changed something.
     * @returns {() => void} Stops it.
     */
    watch(listener) {
      const hear = (/** @type {StorageEvent} */ event) => event.key === key && listener(read());
      addEventListener("storage", hear);
      return () => removeEventListener("storage", hear);
    },
  };
}

/** @returns {Storage|null} */
function safeArea() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
