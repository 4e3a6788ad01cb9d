// Writing as a phone outside: a text, files, STOP and START.

import { el, icon, refill } from "./dom.js";
import { bytes, number } from "./format.js";

/**
 * A form that writes as the phone `phone`. `numbers` are those of the account that it may write to, `to` those that are
 * chosen; `onSent` is told once it is sent.
 */
export function composer({ app, phone, numbers, to, onSent = () => {} }) {
  let files = [];
  const text = el("textarea", { rows: "1", placeholder: `Write as ${number(phone)}`, "aria-label": `Text from ${number(phone)}`, onkeydown: pressed, oninput: grow });
  const picker = el("input", { type: "file", multiple: true, class: "sr-only", tabindex: "-1", "aria-hidden": "true", onchange: picked });
  const list = el("ul", { class: "picked" });
  const said = el("p", { class: "composer-said", role: "status" });
  const chosen = new Set(to);
  const receiver = numbers.length
    ? el("select", { "aria-label": "To", onchange: () => { chosen.clear(); chosen.add(receiver.value); } }, options())
    : el("input", { "aria-label": "To", placeholder: "To a number of the account", oninput: () => { chosen.clear(); chosen.add(receiver.value.trim()); } });
  const form = el(
    "form",
    { class: "composer", onsubmit: (event) => { event.preventDefault(); send(text.value); } },
    el("div", { class: "composer-line" }, el("span", { class: "quiet" }, "To"), receiver, el("span", { class: "grow" }), el("button", { type: "button", class: "quiet-button", title: "Send STOP: opt out", onclick: () => send("STOP", true) }, "STOP"), el("button", { type: "button", class: "quiet-button", title: "Send START: opt in again", onclick: () => send("START", true) }, "START")),
    list,
    el("div", { class: "composer-line" }, picker, el("button", { type: "button", class: "icon-button", "aria-label": "Add files", title: "Add files", onclick: () => picker.click() }, icon("clip")), text, el("button", { class: "primary", "aria-label": "Send" }, icon("send"), "Send")),
    said,
  );

  function options() {
    const known = new Map(numbers.map((each) => [each.number, each]));
    const group = to.length > 1 ? [el("option", { value: to.join(",") }, `All ${to.length}: ${to.map(number).join(", ")}`)] : [];
    const one = to.length === 1 && !known.has(to[0]) ? [el("option", { value: to[0], selected: true }, number(to[0]))] : [];
    return [...group, ...one, ...numbers.map(({ number: digits, extension }) => el("option", { value: digits, selected: to.length === 1 && to[0] === digits }, extension ? `${number(digits)} · ${extension.number} ${extension.name}` : `${number(digits)} · no mailbox`))];
  }

  function receivers() {
    const value = receiver.value || [...chosen][0] || "";
    return value.split(/[,\s]+/).filter(Boolean);
  }

  function pressed(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  }

  function grow() {
    text.rows = Math.min(6, text.value.split("\n").length);
  }

  function picked() {
    files = [...files, ...picker.files];
    picker.value = "";
    showFiles();
  }

  function showFiles() {
    refill(list, files.map((file, at) => el("li", {}, icon("clip"), el("span", {}, file.name), el("span", { class: "quiet" }, bytes(file.size)), el("button", { type: "button", class: "icon-button", "aria-label": `Remove ${file.name}`, onclick: () => { files.splice(at, 1); showFiles(); text.focus(); } }, icon("close")))));
  }

  async function send(words, isKeyword = false) {
    const numbersTo = receivers();
    if (!isKeyword && !words && !files.length) return text.focus();
    let body = { to: numbersTo.length === 1 ? numbersTo[0] : numbersTo, text: words };
    if (files.length && !isKeyword) {
      body = new FormData();
      for (const each of numbersTo) body.append("to", each);
      if (words) body.append("text", words);
      for (const file of files) body.append("file", file, file.name);
    }
    try {
      const { recipients } = await app.api.act(`Wrote as ${number(phone)}`, "POST", `/handsets/${phone}/messages`, body);
      const missed = recipients.filter(({ outcome }) => outcome !== "delivered" && outcome !== "outside");
      said.textContent = missed.map(({ recipient, outcome, rule }) => `${number(recipient)}: ${outcome} (${rule})`).join("; ");
      if (!isKeyword) {
        text.value = "";
        files = [];
        showFiles();
        grow();
      }
      onSent();
    } catch (error) {
      said.textContent = error.message;
    }
  }

  return { form, focus: () => text.focus() };
}
