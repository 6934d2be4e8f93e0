import { h } from "../dom.js";

/**
 * A labelled field with room for an error in words.
 *
 * @param {{id: string, label: string, tag?: string, hint?: string, props?: Record<string, any>}} field
 * @param {...Node} children
 */
export function field({ id, label, tag = "input", hint, props = {} }, ...children) {
  const described = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ");
  const control = h(tag, { id, "aria-describedby": described, ...props }, ...children);
  const error = h("p", { class: "error", id: `${id}-error` });
  const element = h("div", { class: "form-field" }, h("label", { for: id }, label), hint && h("p", { class: "hint", id: `${id}-hint` }, hint), control, error);
  return {
    element,
    control,
    get value() {
      return control.value.trim();
    },
    /** @param {string} words  Empty when there is nothing to mend. */
    complain(words) {
      error.textContent = words;
      control.setAttribute("aria-invalid", String(Boolean(words)));
      return Boolean(words);
    },
  };
}

/**
 * A view in the conversation's place, with a heading that takes the focus and a way back.
 *
 * @param {{title: string, back: string, onBack: () => void, props?: Record<string, any>, tag?: string, children: (Node|null|false)[]}} parts
 */
export function sheet({ title, back, onBack, tag = "section", props = {}, children }) {
  const heading = h("h3", { tabindex: "-1" }, title);
  const element = h(tag, { class: "sheet", ...props }, heading, ...children,
    h("button", { type: "button", class: "second back", on: { click: onBack } }, back));
  return { element, focus: () => heading.focus() };
}

/**
 * "Slet samtalen": asked once more, since it cannot be undone.
 *
 * @param {import("../types.js").Context} context
 */
export function eraseSheet({ t, store, conversation, alert, focusLog, focusComposer }) {
  const yes = h("button", { type: "button", class: "first danger", on: { click: erase } }, t.eraseYes);
  const back = () => {
    store.set({ view: "chat" });
    focusLog();
  };
  async function erase() {
    try {
      await conversation.erase();
      focusComposer();
    } catch (error) {
      alert(/** @type {Error} */ (error).message || t.error);
    }
  }
  return sheet({ title: t.eraseTitle, back: t.back, onBack: back, children: [h("p", {}, t.eraseText), yes] });
}

/**
 * "Fortsæt på en anden enhed": the code of this conversation, and a field for that of another.
 *
 * @param {import("../types.js").Context} context
 */
export function resumeSheet({ t, store, conversation, focusLog }) {
  const code = h("p", { class: "code" });
  const about = h("p", {});
  const entry = field({ id: "code", label: t.codeField, props: { autocomplete: "off", autocapitalize: "none", spellcheck: "false" } });
  const form = h("form", { novalidate: true, on: { submit } }, entry.element, h("button", { type: "submit", class: "first" }, t.codeOpen));
  const back = () => {
    store.set({ view: "chat" });
    focusLog();
  };

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    if (entry.complain(entry.value ? "" : t.codeMissing)) return entry.control.focus();
    try {
      await conversation.resume(entry.value);
      form.reset();
      back();
    } catch (error) {
      entry.complain(/** @type {any} */ (error).status ? t.codeWrong : t.error);
      entry.control.focus();
    }
  }

  const view = sheet({ title: t.codeTitle, back: t.back, onBack: back, children: [about, code, form] });
  return {
    ...view,
    enter() {
      const { resumeCode, conversation: current } = store.get();
      code.textContent = resumeCode ?? "";
      code.hidden = !resumeCode;
      about.textContent = resumeCode ? t.codeText : t.codeUnknown;
      about.hidden = !current;
    },
  };
}

/**
 * After the end, in the composer's place: the rating, and a new beginning.
 *
 * @param {import("../types.js").Context} context
 */
export function ended({ t, conversation, alert, focusComposer }) {
  const stars = t.ratings.map((words, index) => {
    const id = `rate-${index + 1}`;
    return h("div", { class: "rate" },
      h("input", { type: "radio", name: "rating", id, value: index + 1, on: { change: () => (comment.hidden = false) } }),
      h("label", { for: id }, h("b", {}, String(index + 1)), " ", h("span", {}, words)));
  });
  const text = h("textarea", { id: "comment", rows: "2" });
  const comment = h("div", { class: "form-field", hidden: true }, h("label", { for: "comment" }, t.comment), text);
  const error = h("p", { class: "error", role: "alert" });
  const form = h("form", { novalidate: true, on: { submit } },
    h("fieldset", {}, h("legend", {}, t.rate), h("div", { class: "rates" }, ...stars)), comment, error,
    h("button", { type: "submit", class: "second" }, t.sendRating));
  const thanks = h("p", { class: "thanks", hidden: true }, t.thanks);
  const title = h("h3", { tabindex: "-1" }, t.ended);
  const again = h("button", { type: "button", class: "first", on: { click: begin } }, t.again);
  const element = h("section", { class: "ended", hidden: true }, title, h("p", {}, t.endedHint), form, thanks, again);

  function begin() {
    conversation.fresh();
    form.reset();
    comment.hidden = true;
    focusComposer();
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    const chosen = new FormData(form).get("rating");
    error.textContent = chosen ? "" : t.rateFirst;
    if (!chosen) return stars[0].querySelector("input").focus();
    try {
      await conversation.rate(Number(chosen), text.value.trim());
      again.focus();
    } catch (problem) {
      alert(/** @type {Error} */ (problem).message || t.error);
    }
  }

  return {
    element,
    focus: () => title.focus(),
    update({ state, view, rated }) {
      element.hidden = state !== "closed" || view !== "chat";
      form.hidden = rated;
      thanks.hidden = !rated;
    },
  };
}
