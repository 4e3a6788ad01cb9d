// Pieces that several pages show the same way.

import { el, refill } from "./dom.js";
import { moment } from "./format.js";

/** JSON with every digit of a number, also of one that JavaScript cannot count to, where the browser has what that takes. */
export function exactly(text) {
  if (!JSON.rawJSON) return JSON.parse(text);
  return JSON.parse(text, (_, value, context) => (typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "") ? JSON.rawJSON(context.source) : value));
}

/** A value as it is read: a text as it is, anything else as JSON. */
export function written(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** A block of text in type of one width, to copy. `label` names it for those who hear it. */
export function block(app, label, text) {
  return el(
    "div",
    { class: "code-box" },
    el("pre", { class: "block", tabindex: "0", role: "region", "aria-label": label }, text),
    el("button", { class: "quiet-button copy", type: "button", "aria-label": `Copy: ${label}`, onclick: () => app.copy(text) }, "Copy"),
  );
}

/** A status of HTTP. */
export function statusTag(status) {
  return el("span", { class: `tag num ${status < 300 ? "good" : status < 500 ? "warn" : "bad"}` }, status);
}

const OUTCOMES = { delivered: "good", outside: "good", skipped: "warn", dropped: "warn", undeliverable: "bad", failed: "bad" };

/** What became of a recipient. */
export function outcomeTag(outcome) {
  return el("span", { class: `tag ${OUTCOMES[outcome] ?? ""}` }, outcome);
}

/** A rule or decision, leading to its sentence. */
export function ruleLink(app, rule) {
  return /^[RD]-\d+$/.test(rule) ? el("a", { class: "tag accent", href: app.address("/contract/rules", { rule }) }, rule) : el("span", { class: "tag" }, rule);
}

/** A call of the journal. */
export function callLink(app, id, ...said) {
  return el("a", { class: "num", href: app.address(`/calls/${id}`) }, ...(said.length ? said : [`#${id}`]));
}

/** Rows of two columns: a name, and what it is. Those without a value are left out. */
export function facts(...pairs) {
  return el("dl", { class: "facts" }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** What opens: `key` keeps it open when what is around it is shown anew. */
export function more(key, summary, ...children) {
  return el("details", { dataset: { key } }, el("summary", {}, summary), ...children);
}

/**
 * Parts of a page that are shown anew where what they show is another, and stay as they are where it is not: what is
 * open, focused, marked or typed stays so. `show(key, data, render)` puts a part in the place of its key.
 */
export function createSections(root) {
  const known = new Map();
  return {
    show(key, data, render) {
      const said = JSON.stringify(data ?? null);
      let part = known.get(key);
      if (!part) {
        part = { node: el("section", { dataset: { section: key } }), said: undefined };
        known.set(key, part);
        root.append(part.node);
      }
      if (part.said === said) return;
      part.said = said;
      renew(part.node, () => render(data));
    },
    /** Show all of them anew. */
    clear() {
      known.clear();
      refill(root);
    },
  };
}

/** Fill a node anew; what was open there is open again, and what had the focus has it. */
export function renew(node, render) {
  const opened = new Set([...node.querySelectorAll("details[open]")].map((each) => each.dataset.key));
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && placeOf(focused, node);
  const typed = new Map([...node.querySelectorAll("input, textarea, select")].filter((each) => each.id && isTyped(each)).map((each) => [each.id, each.value]));
  const children = render();
  refill(node, children);
  node.hidden = !node.firstChild;
  for (const each of node.querySelectorAll("details")) if (opened.has(each.dataset.key)) each.open = true;
  for (const [id, value] of typed) {
    const field = node.querySelector(`#${CSS.escape(id)}`);
    if (field) field.value = value;
  }
  if (place) found(place, node)?.focus({ preventScroll: true });
}

function isTyped(field) {
  return field.tagName === "SELECT" ? ![...field.options].some((option) => option.selected && option.defaultSelected) : field.value !== field.defaultValue;
}

const FOCUSED = "a, button, input, select, textarea, summary, [tabindex]";

/** By what somebody finds again what had the focus: its name, and what it is within the thing that has a key. */
function placeOf(focused, root) {
  const around = focused.closest("[data-key]");
  const within = root.contains(around) ? around : root;
  const alike = [...within.querySelectorAll(focused.tagName)];
  return { tag: focused.tagName, id: focused.id, name: nameOf(focused), key: within.dataset.key ?? "", at: alike.indexOf(focused) };
}

function nameOf(node) {
  return node.getAttribute("aria-label") ?? node.textContent;
}

/** The same as before, else what stands in its place, else what is called as it was. */
function found({ tag, id, name, key, at }, root) {
  const all = [...root.querySelectorAll(FOCUSED)].filter((each) => each.tagName === tag);
  if (id) return all.find((each) => each.id === id);
  const within = key ? root.querySelector(`[data-key="${CSS.escape(key)}"]`) : root;
  const inside = all.filter((each) => within?.contains(each));
  return inside.find((each) => nameOf(each) === name) ?? all.find((each) => nameOf(each) === name) ?? (key ? inside[at] : undefined) ?? all[0];
}

/** Call `work` once for many asks within so many milliseconds, and never twice at a time. */
export function eased(work, milliseconds = 150) {
  let timer = 0;
  let isBusy = false;
  let isAsked = false;
  async function run() {
    timer = 0;
    if (isBusy) {
      isAsked = true;
      return;
    }
    isBusy = true;
    try {
      await work();
    } catch (error) {
      if (error.name !== "AbortError") console.warn(error);
    } finally {
      isBusy = false;
      if (isAsked) ask();
      isAsked = false;
    }
  }
  function ask() {
    timer ||= setTimeout(run, milliseconds);
  }
  ask.end = () => clearTimeout(timer);
  return ask;
}

/** One notification, with what it says and a button that sends it again; `sent` is called when that was done. */
export function attempt(app, note, place, sent) {
  return el("li", { class: "attempt" },
    el("div", { class: "row" },
      el("span", { class: `tag ${note.arrived ? "good" : "bad"}` }, note.arrived ? "arrived" : "failed"),
      note.on_demand ? el("span", { class: "tag warn" }, note.on_demand) : null,
      el("span", { class: "num" }, moment(note.at)),
      note.address ? el("span", { class: "address" }, note.address) : el("span", {}, note.transport),
      note.owner ? el("span", { class: "quiet" }, `of ${note.owner}`) : null,
      el("button", { class: "quiet-button", type: "button", "aria-label": `Send notification ${note.uuid} again`, onclick: () => resend(app, note, sent) }, "Send again"),
    ),
    note.failure ? el("p", { class: "bad" }, note.failure) : null,
    more(`note-${note.subscription}-${note.uuid}-${place}`, note.event, block(app, `Notification ${note.uuid}`, written(note.body))),
  );
}

async function resend(app, note, sent) {
  try {
    await app.api.act("Send a notification again", "POST", `/subscriptions/${encodeURIComponent(note.subscription)}/notifications/${encodeURIComponent(note.uuid)}/resend`);
    sent();
  } catch (error) {
    app.announce(error.message);
  }
}

