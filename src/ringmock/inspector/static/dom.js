// Elements, built of text and never of markup: whatever a message, a name or a header says stays text.

const SVG = "http://www.w3.org/2000/svg";
const AS_PROPERTY = new Set(["value", "checked", "disabled", "selected", "open", "indeterminate"]);
const NEVER = new Set(["style", "srcdoc", "innerHTML", "outerHTML"]);
const ADDRESSES = new Set(["href", "src", "action", "formaction"]);

/**
 * An element. `given` are attributes; one that begins with "on" and is a function listens, `dataset` is an object, and
 * null, undefined or false leaves an attribute out. Children are nodes, texts, or lists of them; null and false are none.
 * An address has to be one of this origin, beginning with a slash.
 */
export function el(tag, given = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given ?? {})) put(node, name, value);
  return fill(node, ...children);
}

function put(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (NEVER.has(name)) throw new Error(`${name} is not set here`);
  if (name === "dataset") Object.assign(node.dataset, value);
  else if (name.startsWith("on") && typeof value === "function") node.addEventListener(name.slice(2), value);
  else if (name.startsWith("on")) throw new Error(`${name} takes a function`);
  else if (AS_PROPERTY.has(name)) node[name] = value;
  else if (ADDRESSES.has(name) && !/^\/(?!\/)/.test(value)) throw new Error(`${value} is no address of this origin`);
  else node.setAttribute(name, value === true ? "" : String(value));
}

/** Put children behind those that a node has, as `el` takes them. */
export function fill(node, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

/** A sentence as children: what stands in backticks is code. */
export function prose(sentence) {
  return sentence.split(/`([^`]+)`/).map((part, at) => (at % 2 ? el("code", {}, part) : part));
}

/** Put children in the place of those that a node has. */
export function refill(node, ...children) {
  node.replaceChildren();
  return fill(node, ...children);
}

const PATHS = {
  messages: "M3 5.5A2.500 2.500 0 0 1 5.500 3h9A2.500 2.500 0 0 1 17 5.500v5a2.500 2.500 0 0 1-2.500 2.500H9l-4 3.500V13A2 2 0 0 1 3 11z",
  phone: "M7 2h6a1.500 1.500 0 0 1 1.500 1.500v13A1.500 1.500 0 0 1 13 18H7a1.500 1.500 0 0 1-1.500-1.500v-13A1.500 1.500 0 0 1 7 2zm2 13.500h2",
  calls: "M3 6h11m-3-3 3 3-3 3M17 14H6m3-3-3 3 3 3",
  world: "M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16zm0 3.500V10l3 2",
  text: "M4 5h12M10 5v11M7.500 16h5",
  contract: "M5 2.500h7L15.500 6v11.500H5zM8 9h5M8 12h5",
  worlds: "M3 3h6v6H3zm8 0h6v6h-6zM3 11h6v6H3zm8 0h6v6h-6z",
  search: "M9 3a6 6 0 1 0 0 12A6 6 0 0 0 9 3zm4.500 10.500L17 17",
  back: "M12 4l-6 6 6 6",
  down: "M5 8l5 5 5-5",
  file: "M5 2.500h7L15.500 6v11.500H5z",
  clip: "M14 8.500l-5.500 5.500a2.800 2.800 0 0 1-4-4L11 3.500a2 2 0 0 1 2.800 2.800l-6.300 6.300",
  sun: "M10 6.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM10 2v2m0 12v2m8-8h-2M4 10H2m13.600-5.600-1.400 1.400M5.800 14.200l-1.400 1.400m11.200 0-1.400-1.400M5.800 5.800 4.400 4.400",
  moon: "M16 12.500A7 7 0 0 1 7.500 4a7 7 0 1 0 8.500 8.500z",
  system: "M3 4h14v9H3zm4 12.500h6",
  both: "M3 4h6v12H3zm8 0h6v12h-6z",
  copy: "M7 7h9v10H7zM13 7V3H4v10h3",
  close: "M5 5l10 10M15 5L5 15",
  send: "M3 10l14-6-5 13-3-5.500z",
  plus: "M10 4v12M4 10h12",
  users: "M7 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm-5 8c0-3 2-5 5-5s5 2 5 5m1-8.500a2.500 2.500 0 1 0-1-4.800M14 12c2.500.2 4 2 4 5",
  bell: "M5.500 13.500V9a4.500 4.500 0 0 1 9 0v4.500l1.500 1.500H4zM8.500 17.500h3",
  alert: "M10 3 2.500 16.500h15zM10 8.500v4m0 2.200v.1",
};

/** A line drawing of 20 by 20, which says nothing to who cannot see it: name what is beside it. */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 20 20", class: "icon", "aria-hidden": "true" })) {
    drawing.setAttribute(key, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name] ?? PATHS.file);
  drawing.append(path);
  return drawing;
}

/** What a page shows instead of nothing: a title, and what would fill it. */
export function empty(title, ...more) {
  return el("div", { class: "empty" }, el("p", { class: "empty-title" }, title), more.length ? el("div", { class: "empty-more" }, ...more) : null);
}

/** What went wrong, in the server's words. */
export function problem(error) {
  return el("div", { class: "problem", role: "alert" }, icon("alert"), el("p", {}, error?.message ?? String(error)));
}
