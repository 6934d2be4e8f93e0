/** Making DOM nodes. Data only ever becomes text nodes and attributes, never markup. */

/**
 * Make an element.
 *
 * @param {string} tag
 * @param {Record<string, any>} [props] attributes; `class`, `on…` listeners, `data` (dataset), true/false for boolean ones
 * @param {...(Node|string|number|null|undefined|false|Array<any>)} children
 * @returns {any}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...present(children));
  return element;
}

/** @param {any[]} children @returns {(Node|string)[]} */
function present(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

/**
 * Replace what is in an element, keeping focus on the element with the same `data-key`.
 *
 * @param {Element} parent
 * @param {...any} children
 */
export function fill(parent, ...children) {
  const key = focusedKey(parent);
  parent.replaceChildren(...present(children));
  restoreFocus(parent, key);
}

/**
 * Make an element's children show these items, touching only those that changed, so that a screen
 * reader's place and the focus are left alone.
 *
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => HTMLElement} build
 * @param {(item: T) => any} [shownBy] what of the item is shown; default all of it
 */
export function reconcile(parent, items, keyOf, build, shownBy = (item) => item) {
  const focused = focusedKey(parent);
  const old = new Map(Array.from(parent.children, (node) => [/** @type {any} */ (node).itemKey, node]));
  const nodes = items.map((item) => {
    const key = keyOf(item);
    const signature = JSON.stringify(shownBy(item));
    const existing = /** @type {any} */ (old.get(key));
    if (existing && existing.signature === signature) return existing;
    return Object.assign(build(item), { itemKey: key, signature });
  });
  const kept = new Set(nodes);
  for (const node of Array.from(parent.children)) if (!kept.has(node)) node.remove();
  nodes.forEach((node, place) => {
    if (parent.children[place] !== node) parent.insertBefore(node, parent.children[place] ?? null);
  });
  restoreFocus(parent, focused);
}

/** @param {Element} parent */
function focusedKey(parent) {
  const active = /** @type {HTMLElement|null} */ (document.activeElement);
  return active && parent.contains(active) ? (active.dataset.key ?? null) : null;
}

/** @param {Element} parent @param {string|null} key */
function restoreFocus(parent, key) {
  if (!key || parent.contains(document.activeElement)) return;
  /** @type {HTMLElement|null} */ (parent.querySelector(`[data-key="${CSS.escape(key)}"]`))?.focus();
}

/** A decoration that says nothing to assistive technology. @param {string} sign @param {string} [name] */
export const sign = (sign, name = "sign") => h("span", { class: name, "aria-hidden": "true" }, sign);

/** Words for assistive technology only. @param {string} words */
export const spoken = (words) => h("span", { class: "spoken" }, words);
