/**
 * Simple Markdown to DOM nodes: paragraphs, lists, **bold**, [text](https://…), bare addresses and phone numbers.
 * Everything else is plain text. What a message says can never become an element we did not make here.
 *
 * @typedef {{type: "text", text: string} | {type: "strong", children: Inline[]} | {type: "link", url: string, text: string}} Inline
 * @typedef {{type: "paragraph", lines: string[]} | {type: "list", ordered: boolean, start: number, items: string[]}} Block
 */

const SCHEMES = new Set(["https:", "http:", "mailto:", "tel:"]);
const INLINE = new RegExp(
  [
    String.raw`\*\*(?<strong>[^*\n]+(?:\*(?!\*)[^*\n]+)*)\*\*`,
    String.raw`\[(?<label>[^\]\n]{1,300})\]\((?<target>[^\s()<>]{1,2000})\)`,
    String.raw`(?<bare>https?:\/\/[^\s<>()"']{3,500}[^\s<>()"'.,:;!?])`,
    String.raw`(?<![\d+\w-])(?<phone>(?:\+45 ?)?\d{2} \d{2} \d{2} \d{2})(?![\d-]| \d)`,
  ].join("|"),
  "gu",
);
const ITEM = /^\s{0,3}(?:[-*•]|(\d{1,3})[.)])\s+(.*)$/u;

/**
 * The address if it may be linked to, else null. Relative addresses need ``base``.
 *
 * @param {unknown} url
 * @param {string} [base]
 * @returns {string|null}
 */
export function safeUrl(url, base) {
  if (typeof url !== "string" || !url) return null;
  try {
    const parsed = new URL(url, base);
    return SCHEMES.has(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/**
 * @param {string} text
 * @returns {Inline[]}
 */
export function parseInline(text) {
  /** @type {Inline[]} */
  const parts = [];
  let end = 0;
  const say = (/** @type {string} */ plain) => plain && parts.push({ type: "text", text: plain });
  for (const match of text.matchAll(INLINE)) {
    const { strong, label, target, bare, phone } = match.groups ?? {};
    const url = phone ? `tel:${phone.startsWith("+") ? "" : "+45"}${phone.replaceAll(" ", "")}` : safeUrl(target ?? bare);
    say(text.slice(end, match.index));
    if (strong !== undefined) parts.push({ type: "strong", children: parseInline(strong) });
    else if (url) parts.push({ type: "link", url, text: label ?? bare ?? phone });
    else say(match[0]);
    end = match.index + match[0].length;
  }
  say(text.slice(end));
  return parts;
}

/**
 * @param {string} text
 * @returns {Block[]}
 */
export function parseBlocks(text) {
  /** @type {Block[]} */
  const blocks = [];
  let open = null; // the block that the next line may continue
  for (const raw of text.replaceAll("\r\n", "\n").split("\n")) {
    const item = ITEM.exec(raw);
    const line = raw.trim().replace(/^#{1,6}\s+(.*)$/u, "**$1**");
    if (!line) {
      open = null;
    } else if (item) {
      const ordered = item[1] !== undefined;
      const last = blocks.at(-1);
      if (last?.type === "list" && last.ordered === ordered) open = last;
      else blocks.push((open = { type: "list", ordered, start: Number(item[1] ?? 1), items: [] }));
      open.items.push(item[2].trim());
    } else if (open?.type === "list") {
      open.items.push(`${open.items.pop()} ${line}`);
    } else if (open?.type === "paragraph") {
      open.lines.push(line);
    } else {
      blocks.push((open = { type: "paragraph", lines: [line] }));
    }
  }
  return blocks;
}

/**
 * @param {Inline[]} parts
 * @param {{newWindow?: string}} options
 * @returns {Node[]}
 */
function inlineNodes(parts, options) {
  return parts.map((part) => {
    if (part.type === "text") return document.createTextNode(part.text);
    const element = document.createElement(part.type === "strong" ? "strong" : "a");
    if (part.type === "strong") {
      element.append(...inlineNodes(part.children, options));
      return element;
    }
    element.setAttribute("href", part.url);
    element.textContent = part.text;
    if (/^https?:/u.test(part.url)) {
      element.setAttribute("target", "_blank");
      element.setAttribute("rel", "noopener noreferrer");
      if (options.newWindow) {
        const hint = document.createElement("span");
        hint.className = "unseen";
        hint.textContent = ` ${options.newWindow}`;
        element.append(hint);
      }
    }
    return element;
  });
}

/**
 * @param {string} text
 * @param {{breaks?: boolean, newWindow?: string}} [options]  ``breaks``: a line's end is kept (what people type);
 *   ``newWindow``: said after each link that opens one.
 * @returns {DocumentFragment}
 */
export function renderMarkdown(text, options = {}) {
  const fragment = document.createDocumentFragment();
  for (const block of parseBlocks(text)) {
    if (block.type === "list") {
      const list = document.createElement(block.ordered ? "ol" : "ul");
      if (block.ordered && block.start !== 1) list.setAttribute("start", String(block.start));
      for (const item of block.items) {
        const entry = document.createElement("li");
        entry.append(...inlineNodes(parseInline(item), options));
        list.append(entry);
      }
      fragment.append(list);
      continue;
    }
    const paragraph = document.createElement("p");
    const lines = options.breaks ? block.lines : [block.lines.join(" ")];
    lines.forEach((line, index) => {
      if (index) paragraph.append(document.createElement("br"));
      paragraph.append(...inlineNodes(parseInline(line), options));
    });
    fragment.append(paragraph);
  }
  return fragment;
}
