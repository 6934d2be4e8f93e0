import { h, icon, outLink } from "../dom.js";
import { safeUrl } from "../markdown.js";
import { keyOf, optionsAfter } from "../store.js";
import { messageView, optionsView, pendingView } from "./message.js";

const NEAR = 90; // px from the end that still count as reading the end
const QUIET = 400; // ms that assistive tech gets to overlook history

/**
 * The messages. In the page before the first of them, each drawn once and in order, history not read aloud.
 *
 * @param {import("../types.js").Context} context
 */
export function log(context) {
  const { t, base } = context;
  const privacy = h("p", { class: "privacy" });
  const example = h("p", { hidden: true }, t.example);
  const intro = h("div", { class: "intro" }, h("p", {}, t.intro), example, privacy);
  const list = h("div", { class: "log", role: "log", "aria-label": t.log, tabindex: "0", on: { scroll: seen } }, intro);
  const jump = h("button", { type: "button", class: "jump", hidden: true, on: { click: toEnd } }, icon("down"), t.newMessages);
  const element = h("div", { class: "log-box" }, list, jump);
  /** @type {Map<string, {node: HTMLElement, mark: string}>} */
  const drawn = new Map();
  let privacyUrl = "";
  let quietTimer = 0;

  const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;
  let pinned = true; // the reader follows the end
  function seen() {
    pinned = atEnd();
    if (pinned) jump.hidden = true;
  }
  // A bar that comes, a keyboard, a view that was away: who followed the end still does.
  new ResizeObserver(() => pinned && (list.scrollTop = list.scrollHeight)).observe(list);
  function toEnd() {
    list.scrollTop = list.scrollHeight;
    jump.hidden = true;
    list.focus({ preventScroll: true });
  }
  function hush() {
    list.setAttribute("aria-live", "off");
    clearTimeout(quietTimer);
    quietTimer = setTimeout(() => list.removeAttribute("aria-live"), QUIET);
  }

  /** @param {import("../types.js").State} state */
  function entriesOf(state) {
    const after = optionsAfter(state);
    return [
      ...state.messages.map((message) => {
        const current = message.seq > after;
        const mark = `${message.local ? "l" : "m"}${current}`;
        return { key: keyOf(message), mark, draw: () => [messageView(message, context), optionsView(message, current, context)] };
      }),
      ...state.pending.map((message) => ({
        key: keyOf(message), mark: message.status + (message.reason ?? ""), draw: () => [pendingView(message, context)],
      })),
    ];
  }

  /** @param {import("../types.js").State} state */
  function drawPrivacy({ config }) {
    example.hidden = !config?.example;
    const url = safeUrl(config?.privacy_notice, base) ?? "";
    if (url === privacyUrl) return;
    privacyUrl = url;
    privacy.replaceChildren(url ? outLink(url, t.newWindow, {}, t.privacy) : "");
  }

  return {
    element,
    focus: () => list.focus({ preventScroll: true }),
    toEnd: () => (list.scrollTop = list.scrollHeight),
    update(state) {
      drawPrivacy(state);
      const entries = entriesOf(state);
      if (state.backfill && entries.some(({ key }) => !drawn.has(key))) hush();
      const keys = new Set(entries.map(({ key }) => key));
      for (const [key, { node }] of drawn) {
        if (keys.has(key)) continue;
        node.remove();
        drawn.delete(key);
      }
      /** @type {HTMLElement[]} */
      const fresh = [];
      let redrawn = false;
      let previous = /** @type {HTMLElement} */ (intro);
      for (const { key, mark, draw } of entries) {
        const old = drawn.get(key);
        const node = old?.node ?? h("div", { class: "entry" });
        if (old?.mark !== mark) {
          node.replaceChildren(...draw().filter((part) => part !== null));
          drawn.set(key, { node, mark });
          redrawn = true;
        }
        if (!old) fresh.push(node);
        if (previous.nextSibling !== node) previous.after(node);
        previous = node;
      }
      if (!redrawn) return;
      const [newest] = fresh;
      if (pinned || newest?.querySelector(".citizen")) {
        // A long answer is read from its beginning.
        const tall = newest && newest.getBoundingClientRect().height > list.clientHeight - 40;
        list.scrollTop = tall ? newest.offsetTop - 12 : list.scrollHeight;
        pinned = !tall;
      } else if (newest) jump.hidden = false;
    },
  };
}
