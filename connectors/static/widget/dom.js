/** Make elements. Text always becomes a text node; there is no way in for HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, any>} [props]  ``on`` holds listeners; true, false and null set or leave out an attribute.
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {any}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const PATHS = {
  chat: ["M4 5.5h16v11H11l-4.5 3.5v-3.5H4z", "M8 9.5h8M8 12.5h5"],
  close: ["M6 6l12 12M18 6L6 18"],
  menu: ["M5 7h14M5 12h14M5 17h14"],
  send: ["M4 12h15M13 6l6 6-6 6"],
  person: ["M12 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", "M5 20c.6-4 3.3-6 7-6s6.4 2 7 6"],
  phone: ["M7 4h3l1.5 4-2 1.5a11 11 0 0 0 5 5l1.5-2 4 1.5v3c0 1.1-.9 2-2 2C11 19 5 13 5 6c0-1.1.9-2 2-2z"],
  out: ["M9 6H6v12h12v-3M13 5h6v6M19 5l-8 8"],
  down: ["M12 5v14M6 13l6 6 6-6"],
  page: ["M7 4h7l4 4v12H7z", "M14 4v4h4M10 12h5M10 15.5h5"],
};

/**
 * A line drawing that says nothing to assistive tech.
 *
 * @param {keyof typeof PATHS} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" })) {
    svg.setAttribute(key, value);
  }
  for (const d of PATHS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/**
 * A link that opens elsewhere and says so.
 *
 * @param {string} url  Already found safe.
 * @param {string} newWindow  "(åbner i nyt vindue)"
 * @param {Record<string, any>} props
 * @param {...(Node|string)} children
 */
export function outLink(url, newWindow, props, ...children) {
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", ...props },
    ...children, h("span", { class: "unseen" }, ` ${newWindow}`), icon("out"));
}
