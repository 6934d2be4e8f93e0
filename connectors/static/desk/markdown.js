/** The simple Markdown of messages as DOM nodes: paragraphs, lists, **bold**, [text](https://…). */

import { h } from "./dom.js";

const INLINE = /\*\*(.+?)\*\*|\[([^\]]+)\]\(((?:https?:\/\/|mailto:|tel:)[^)\s]+)\)/g;
const BULLET = /^\s*[-*]\s+/;
const NUMBER = /^\s*\d+[.)]\s+/;

/** @param {string} text @returns {HTMLElement[]} */
export function blocks(text) {
  const found = [];
  /** @type {{kind: string, lines: string[]}|null} */
  let open = null;
  for (const line of String(text).split("\n")) {
    if (!line.trim()) {
      open = null;
      continue;
    }
    const kind = BULLET.test(line) ? "ul" : NUMBER.test(line) ? "ol" : "p";
    if (!open || open.kind !== kind) found.push((open = { kind, lines: [] }));
    open.lines.push(kind === "p" ? line : line.replace(kind === "ul" ? BULLET : NUMBER, ""));
  }
  return found.map(({ kind, lines }) =>
    kind === "p"
      ? h("p", {}, lines.map((line, place) => [place ? h("br") : null, inline(line)]))
      : h(kind, {}, lines.map((line) => h("li", {}, inline(line)))),
  );
}

/** @param {string} line @returns {(Node|string)[]} */
export function inline(line) {
  /** @type {(Node|string)[]} */
  const nodes = [];
  let end = 0;
  for (const match of line.matchAll(INLINE)) {
    nodes.push(line.slice(end, match.index));
    nodes.push(match[1] ? h("strong", {}, match[1]) : link(match[3], match[2]));
    end = (match.index ?? 0) + match[0].length;
  }
  nodes.push(line.slice(end));
  return nodes.filter((node) => node !== "");
}

/** A link that opens beside the desk. Anything but http(s), mailto and tel becomes plain text. @param {string|undefined} url @param {string} label */
export function link(url, label) {
  if (!url || !/^(https?:\/\/|mailto:|tel:|\/(?!\/))/.test(url)) return h("span", {}, label);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}
