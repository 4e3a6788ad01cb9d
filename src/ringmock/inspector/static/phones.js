// Phones outside the account: what each has received and written, and writing as one.

import { beside } from "./beside.js";
import { composer } from "./composer.js";
import { el, empty, icon, problem, refill } from "./dom.js";
import { count, moment, number, several } from "./format.js";
import { keyed, soon } from "./keyed.js";
import { createThread } from "./thread.js";

const PAGE = 50;
const MOST = 200;

let state = null;

export const { mount, update, unmount } = beside({
  title: "Phones",
  keys: [
    { key: "j", label: "Next phone", run: () => step(1) },
    { key: "k", label: "Previous phone", run: () => step(-1) },
    { key: "r", label: "Write", run: () => state.reply?.focus() },
    { key: "n", label: "Any other number", run: () => state.field.focus() },
  ],
  begin(main, _, app) {
    state = { app, params: {}, phones: [], wanted: PAGE, names: new Map(), thread: null, shown: null };
    build(main);
  },
  current: () => state,
  load,
  show,
  happened,
  end: () => { state = null; },
});

function happened(data) {
  if (data.reset) {
    state.shown = null;
    show(state.params);
  }
  refreshList();
}

function build(main) {
  state.field = el("input", { type: "search", inputmode: "tel", placeholder: "Find, or any new number", "aria-label": "Find a phone, or open any number", oninput: () => refreshList() });
  state.box = el("div", {});
  state.more = el("div", { class: "more" });
  state.scroll = el("div", { class: "pane-body" }, state.box, state.more);
  state.total = el("span", { class: "quiet num" });
  state.pane = el("section", { class: "pane", dataset: { at: "1" }, "aria-label": "The phone" });
  state.panes = el(
    "div",
    { class: "panes two", dataset: { depth: "0" } },
    el("nav", { class: "pane", dataset: { at: "0" }, "aria-label": "Phones" }, el("div", { class: "pane-head" }, el("h2", {}, "Phones"), state.total), el("form", { class: "pane-filter row", onsubmit: open }, el("div", { class: "grow" }, state.field), el("button", { class: "button" }, "Open")), state.scroll),
    state.pane,
  );
  refill(main, state.panes);
}

function open(event) {
  event.preventDefault();
  const digits = state.field.value.replace(/[^\d]/g, "");
  if (digits) state.app.navigate(`/phones/${digits}`);
}

async function load() {
  const mine = state;
  try {
    const answer = await state.app.api.get("/phones", { limit: Math.min(state.wanted, MOST), q: state.field.value.replace(/[^\d]/g, "") || null });
    if (state !== mine) return;
    state.phones = answer.phones;
    state.now = answer.now;
    state.total.textContent = count(answer.count);
    refill(state.more, answer.count > answer.phones.length && state.wanted < MOST ? el("button", { class: "quiet-button", type: "button", onclick: () => { state.wanted = MOST; load(); } }, `More of ${count(answer.count)}`) : null);
    showList();
  } catch (error) {
    if (state === mine) refill(state.box, problem(error));
  }
}

function showList() {
  const { scroll, box, phones, params, field } = state;
  if (!phones.length) {
    refill(box, field.value ? empty("No such phone yet", "Open it all the same: any number outside the account is a phone here.") : empty("No phones yet", "Numbers that you send to, or that write, stand here. Open any number to write as it."));
    return;
  }
  keyed(scroll, box, phones.map((each) => ({ ...each, isChosen: each.number === params.phone })), (each) => each.number, item);
}

function item(each) {
  const { newest } = each;
  const text = newest ? newest.text || several(newest.attachments.length, "file") : "Nothing yet";
  return el(
    "a",
    { class: "item", href: state.app.address(`/phones/${each.number}`), "aria-current": each.isChosen ? "true" : null },
    el("span", { class: "item-title" }, el("span", {}, number(each.number)), each.is_in_fixture ? el("span", { class: "tag" }, "fixture") : null),
    el("span", { class: "item-end" }, newest ? moment(newest.created, state.now) : ""),
    el("span", { class: "item-text" }, newest?.direction === "Outbound" ? "Wrote: " : "", text),
    el("span", { class: "item-end" }, each.received ? `${count(each.received)} got` : ""),
  );
}

const refreshList = soon(async () => {
  if (state) await load();
}, 300, (error) => console.warn(error));

async function show(params) {
  state.params = params;
  state.panes.dataset.depth = params.phone ? "1" : "0";
  showList();
  if (state.shown === params.phone && state.shown) return;
  state.shown = params.phone;
  state.thread?.end();
  state.thread = state.reply = null;
  if (!params.phone) {
    refill(state.pane, empty("Every number outside the account is a phone", "Choose one, or type any number, to see what it has received and to write as it."));
    return;
  }
  const { app, names } = state;
  const head = el("div", { class: "thread-head" });
  const foot = el("div", { class: "thread-foot" });
  const thread = createThread({
    app,
    path: `/phones/${params.phone}`,
    side: "phone",
    names,
    label: `Messages of ${number(params.phone)}`,
    concerns: ({ from, to }) => from === params.phone || to.includes(params.phone),
    onInfo: (info) => showHead(head, foot, info),
  });
  state.thread = thread;
  refill(state.pane, head, el("div", { class: "sides" }, el("div", { class: "side is-phone" }, thread.root)), foot);
  await thread.load();
}

function showHead(head, foot, info) {
  if (!state) return;
  const said = JSON.stringify([info.opted_out_of, info.received, info.is_in_fixture]);
  for (const { number: digits, extension } of info.numbers) if (extension) state.names.set(digits, extension.name);
  if (head.said !== said) {
    head.said = said;
    refill(
      head,
      el("div", { class: "pane-head" }, el("a", { class: "icon-button only-narrow", href: state.app.address("/phones"), "aria-label": "Back to phones" }, icon("back")), el("h2", {}, number(info.number)), info.is_in_fixture ? el("span", { class: "tag" }, "fixture") : null, el("span", { class: "quiet num" }, `${count(info.received)} received`)),
      info.opted_out_of.length ? el("div", { class: "pane-facts" }, info.opted_out_of.map((digits) => el("p", { class: "warn" }, `Has opted out of messages from ${number(digits)} (STOP).`))) : null,
    );
  }
  if (!state.reply) {
    const last = state.thread?.list.items.at(-1);
    const to = info.numbers.slice(0, 1).map(({ number: digits }) => digits);
    state.reply = composer({ app: state.app, phone: info.number, numbers: info.numbers, to: last ? [last.direction === "Outbound" ? last.to[0] : last.from] : to });
    refill(foot, state.reply.form);
  }
}

function step(by) {
  const { phones, params, app } = state;
  const at = phones.findIndex((each) => each.number === params.phone);
  const next = phones[Math.max(0, Math.min(phones.length - 1, at < 0 ? 0 : at + by))];
  if (next) app.navigate(`/phones/${next.number}`);
}
