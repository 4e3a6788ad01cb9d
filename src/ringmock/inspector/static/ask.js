// A question before what cannot be taken back.

import { el, refill } from "./dom.js";

/** Whether somebody wants it: `title` asks, `about` says what comes of it, `label` does it, and `curl` does the same. */
export function ask({ title, about, label, curl = "" }) {
  const before = document.activeElement;
  const dialog = el("dialog", { class: "ask", "aria-labelledby": "ask-title" });
  refill(
    dialog,
    el("h2", { id: "ask-title" }, title),
    el("p", {}, about),
    curl ? el("code", { class: "block ask-curl", tabindex: "0", role: "region", "aria-label": "As a command line" }, curl) : null,
    el("form", { method: "dialog", class: "row ask-buttons" }, el("button", { class: "button", value: "" }, "Leave it"), el("button", { class: "danger", value: "yes" }, label)),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (document.contains(before)) before.focus({ preventScroll: true });
      done(dialog.returnValue === "yes");
    });
  });
}
