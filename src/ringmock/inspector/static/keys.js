// Keys of the whole inspector, and of the page that is shown; "?" lists them.

import { el, refill } from "./dom.js";

const PREFIX_MILLISECONDS = 1200;
const FIELDS = "input:not([type=checkbox]):not([type=radio]):not([type=file]), textarea, select, [contenteditable=true]";

/**
 * Keys of a window. `add(title, [{ key, label, run }])` makes some work, and returns what ends them. `key` is one key as
 * `KeyboardEvent.key` names it, or two with a space between, as "g c". In a field, only Escape works.
 */
export function createKeys(target = window) {
  const groups = [];
  let prefix = "";
  let forget = 0;
  const dialog = el("dialog", { class: "keys", "aria-labelledby": "keys-title" });

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target instanceof Element && event.target.matches(FIELDS) && event.key !== "Escape") return;
    if (document.querySelector("dialog[open]")) return;
    const whole = prefix ? `${prefix} ${event.key}` : event.key;
    prefix = "";
    clearTimeout(forget);
    const all = groups.flatMap((group) => group.keys).reverse();
    const found = all.find(({ key }) => key === whole);
    if (found) {
      if (found.run(event) !== false) event.preventDefault();
    } else if (all.some(({ key }) => key.startsWith(`${whole} `))) {
      prefix = event.key;
      forget = setTimeout(() => { prefix = ""; }, PREFIX_MILLISECONDS);
    }
  }

  function add(title, keys) {
    const group = { title, keys };
    groups.push(group);
    return () => {
      const at = groups.indexOf(group);
      if (at >= 0) groups.splice(at, 1);
    };
  }

  /** The keys below their titles, each title once. */
  function sections() {
    const byTitle = new Map();
    for (const { title, keys } of groups) byTitle.set(title, [...(byTitle.get(title) ?? []), ...keys]);
    return [...byTitle].filter(([, keys]) => keys.length);
  }

  function help() {
    refill(
      dialog,
      el("form", { method: "dialog", class: "dialog-head" }, el("h2", { id: "keys-title" }, "Keys"), el("button", { class: "quiet-button" }, "Close")),
      sections().map(([title, keys]) => [
        el("h3", {}, title),
        el("dl", {}, keys.filter(({ label }) => label).map(({ key, label }) => el("div", {}, el("dt", {}, key.split(" ").map((part) => el("kbd", {}, part))), el("dd", {}, label)))),
      ]),
    );
    if (!dialog.isConnected) document.body.append(dialog);
    dialog.showModal();
  }

  target.addEventListener("keydown", pressed);
  add("Everywhere", [{ key: "?", label: "List the keys", run: help }]);
  return { add, help };
}
