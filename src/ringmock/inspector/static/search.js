// What was found of a text, a number, an extension or an id.

import { el, empty, icon, problem, refill } from "./dom.js";
import { count, moment, number } from "./format.js";

let state = null;

export async function mount(main, params, app) {
  state = { app, main, shown: [], next: null, run: 0 };
  await show(params);
}

export async function update(params) {
  await show(params);
}

export function unmount() {
  state = null;
}

async function show({ query }) {
  const mine = ++state.run;
  const q = query.q ?? "";
  const field = document.querySelector("#search-field");
  if (document.activeElement !== field) field.value = q;
  if (!q.trim()) {
    refill(state.main, empty("Search everything", "Texts, numbers, extensions and ids of this world: press / and type."));
    return;
  }
  state.q = q;
  state.shown = [];
  state.list = el("div", { class: "table-box results" });
  state.more = el("div", { class: "more" });
  state.beside = el("div", { class: "row" });
  state.facts = el("span", { class: "quiet num", role: "status" });
  refill(state.main, el("div", { class: "content" }, el("div", { class: "page-head" }, el("h1", {}, "Found"), state.facts), state.beside, state.list, state.more));
  await load(mine, null);
}

async function load(mine, before) {
  const { app, q } = state;
  const began = performance.now();
  try {
    const answer = await app.api.get("/search", { q, before });
    if (!state || state.run !== mine) return;
    state.shown.push(...answer.messages);
    if (before === null) {
      refill(
        state.beside,
        answer.extensions.map((each) => el("a", { class: "button", href: app.address(`/conversations/${each.number}`) }, icon("messages"), `${each.number} ${each.name}`)),
        answer.phones.map((each) => el("a", { class: "button", href: app.address(`/phones/${each}`) }, icon("phone"), number(each))),
        answer.threads.map((each) => el("a", { class: "button found-thread", href: app.address(`/threads/${each.id}`) }, icon("users"), el("span", {}, `${number(each.guest)} with ${number(each.number)}: `, marked(each.text, q)))),
      );
      state.facts.textContent = `${count(answer.searched)} messages searched in ${Math.round(performance.now() - began)} ms`;
    }
    refill(state.list, state.shown.map((message) => result(message, answer.now)));
    if (!state.shown.length) refill(state.list, empty("Nothing found", `No message has “${q.slice(0, 60)}” in its text, numbers or ids.`));
    refill(state.more, answer.next ? el("button", { class: "button", type: "button", onclick: () => load(mine, answer.next) }, "More") : null);
  } catch (error) {
    if (state && state.run === mine) refill(state.main, problem(error));
  }
}

function result(message, now) {
  const { app, q } = state;
  const mailbox = message.mailboxes[0];
  return el(
    "a",
    { class: "item", href: app.address(`/conversations/${mailbox}/${message.conversation}`) },
    el("span", { class: "item-title" }, el("span", {}, `${number(message.from)} → ${message.to.slice(0, 4).map(number).join(", ")}${message.to.length > 4 ? " …" : ""}`), el("span", { class: "tag" }, message.type), message.availability === "Alive" ? null : el("span", { class: "tag bad" }, message.availability)),
    el("span", { class: "item-end" }, moment(message.created, now)),
    el("span", { class: "item-text found-text" }, marked(message.text, q)),
    el("span", { class: "item-end" }, message.mailboxes.length > 1 ? `${message.mailboxes.length} mailboxes` : `in ${mailbox}`),
  );
}

/** The part of a text around what was found, with that marked. */
function marked(text, q) {
  const at = text.toLowerCase().indexOf(q.trim().toLowerCase());
  if (at < 0) return text.slice(0, 200);
  const from = Math.max(0, at - 40);
  const end = at + q.trim().length;
  return [from ? "…" : "", text.slice(from, at), el("mark", {}, text.slice(at, end)), text.slice(end, end + 160)];
}
