// Extensions, their conversations, and the messages of one; the phone's side next to it.

import { beside } from "./beside.js";
import { called } from "./bubbles.js";
import { composer } from "./composer.js";
import { el, empty, icon, problem, refill } from "./dom.js";
import { count, isPhone, moment, number, several } from "./format.js";
import { keyed, soon } from "./keyed.js";
import { createThread } from "./thread.js";

const PAGE = 50;
const MOST = 200;
const FILTER_FROM = 10;

let state = null;

export const { mount, update, unmount } = beside({
  title: "Conversations",
  keys: [
    { key: "j", label: "Next conversation", run: () => step(1) },
    { key: "k", label: "Previous conversation", run: () => step(-1) },
    { key: "J", label: "Next extension", run: () => stepExtension(1) },
    { key: "K", label: "Previous extension", run: () => stepExtension(-1) },
    { key: "b", label: "Both sides of the conversation", run: toggleBoth },
    { key: "r", label: "Reply as the phone", run: () => state.reply?.focus() },
  ],
  windows: ["thread", "other"],
  begin(main, params, app) {
    state = { app, params, names: new Map(), extensions: [], conversations: [], next: null, wanted: PAGE, thread: null, other: null };
    build(main);
  },
  current: () => state,
  load: loadExtensions,
  show,
  happened,
  end: () => { state = null; },
});

function build(main) {
  const filter = el("input", { type: "search", placeholder: "Filter", "aria-label": "Filter extensions", oninput: () => loadExtensions() });
  state.filter = filter;
  state.filterBox = el("div", { class: "pane-filter", hidden: true }, filter);
  state.extensionBox = el("div", {});
  state.extensionScroll = el("div", { class: "pane-body" }, state.extensionBox);
  state.extensionCount = el("span", { class: "quiet num" });
  state.boxTitle = el("h2", {}, "Conversations");
  state.boxFacts = el("div", { class: "pane-facts", hidden: true });
  state.conversationBox = el("div", {});
  state.moreBox = el("div", { class: "more" });
  state.conversationScroll = el("div", { class: "pane-body", onscroll: nearEnd }, state.conversationBox, state.moreBox);
  state.threadPane = el("section", { class: "pane", dataset: { at: "2" }, "aria-label": "Messages" });
  state.panes = el(
    "div",
    { class: "panes", dataset: { depth: "0" } },
    el("nav", { class: "pane", dataset: { at: "0" }, "aria-label": "Extensions" }, el("div", { class: "pane-head" }, el("h2", {}, "Extensions"), state.extensionCount), state.filterBox, state.extensionScroll),
    el("nav", { class: "pane", dataset: { at: "1" }, "aria-label": "Conversations" }, el("div", { class: "pane-head" }, back(() => state.app.address("/conversations"), "Extensions"), state.boxTitle), state.boxFacts, state.conversationScroll),
    state.threadPane,
  );
  refill(main, state.panes);
}

function back(address, label) {
  return el("a", { class: "icon-button only-narrow", href: address(), "aria-label": `Back to ${label}` }, icon("back"));
}

// --- extensions -----------------------------------------------------------------------------------

async function loadExtensions() {
  const { app, filter } = state;
  const mine = state;
  const answer = await app.api.get("/mailboxes", { limit: MOST, q: filter.value.trim() || null });
  if (state !== mine) return;
  state.extensions = answer.mailboxes;
  for (const each of answer.mailboxes) {
    state.names.set(each.number, each.name);
    for (const digits of each.phone_numbers) state.names.set(digits, each.name);
  }
  state.extensionCount.textContent = count(answer.count);
  state.filterBox.hidden = !filter.value && answer.count < FILTER_FROM;
  showExtensions();
}

function showExtensions() {
  const { extensionScroll, extensionBox, extensions, params } = state;
  if (!extensions.length) {
    refill(extensionBox, empty("No extension", "None has this in its number or name."));
    return;
  }
  keyed(extensionScroll, extensionBox, extensions.map((each) => ({ ...each, isChosen: each.number === params.extension })), (each) => each.number, extensionItem);
}

function extensionItem(each) {
  const tags = [each.type === "User" ? null : el("span", { class: "tag" }, each.type), each.status === "Enabled" ? null : el("span", { class: each.status === "Frozen" || each.status === "Disabled" ? "tag bad" : "tag warn" }, each.status)];
  return el(
    "a",
    { class: "item", href: state.app.address(`/conversations/${each.number}`), "aria-current": each.isChosen ? "true" : null },
    el("span", { class: "item-title" }, el("span", {}, each.name || each.number)),
    el("span", { class: "item-end" }, each.unread ? el("span", { class: "badge", "aria-label": `${each.unread} unread` }, count(each.unread)) : null, el("span", {}, each.messages ? count(each.messages) : "")),
    el("span", { class: "item-text item-tags" }, el("span", { class: "num" }, each.number), tags),
  );
}

// --- conversations --------------------------------------------------------------------------------

async function show(params) {
  const before = state.params;
  state.params = params;
  const { extension, conversation } = params;
  state.panes.dataset.depth = conversation ? "2" : extension ? "1" : "0";
  showExtensions();
  const isOther = before.extension !== extension || !state.conversations.length;
  if (extension && isOther) {
    state.wanted = PAGE;
    state.conversationScroll.scrollTop = 0;
    await loadConversations();
  } else if (!extension) {
    state.boxTitle.textContent = "Conversations";
    state.boxFacts.hidden = true;
    state.conversations = [];
    refill(state.moreBox);
    refill(state.conversationBox, welcome());
  } else {
    showConversations();
  }
  await showThread();
}

function welcome() {
  const all = state.extensions.reduce((sum, { messages }) => sum + messages, 0);
  const phone = state.extensions.flatMap(({ phone_numbers: numbers }) => numbers)[0];
  return all
    ? empty("Choose an extension", "Its conversations stand here.")
    : empty("No messages yet", "Send one, and it stands here as it comes:", phone ? el("code", { class: "block" }, state.app.api.curl("POST", "/handsets/14155550100/messages", { to: phone, text: "Hello" })) : null);
}

async function loadConversations() {
  const { app, params, wanted } = state;
  const mine = state;
  const { extension } = params;
  try {
    const answer = await app.api.get(`/extensions/${extension}/conversations`, { limit: Math.min(wanted, MOST) });
    if (state !== mine || state.params.extension !== extension) return;
    const rest = state.conversations.length > MOST && wanted > MOST ? state.conversations.slice(MOST) : [];
    const known = new Set(answer.conversations.map(({ id }) => id));
    state.conversations = [...answer.conversations, ...rest.filter(({ id }) => !known.has(id))];
    if (!rest.length) state.next = answer.next;
    state.now = answer.now;
    showConversations();
  } catch (error) {
    if (state === mine) refill(state.conversationBox, problem(error));
  }
}

async function loadMore() {
  const { app, params } = state;
  const mine = state;
  if (!state.next || state.isLoading) return;
  state.isLoading = true;
  try {
    const answer = await app.api.get(`/extensions/${params.extension}/conversations`, { before: state.next, limit: PAGE });
    if (state !== mine || state.params.extension !== params.extension) return;
    const known = new Set(state.conversations.map(({ id }) => id));
    state.conversations = [...state.conversations, ...answer.conversations.filter(({ id }) => !known.has(id))];
    state.next = answer.next;
    state.wanted = state.conversations.length;
    showConversations();
  } finally {
    mine.isLoading = false;
  }
}

function nearEnd() {
  const { conversationScroll: box } = state;
  if (box.scrollHeight - box.clientHeight - box.scrollTop < 300) loadMore();
}

function showConversations() {
  const { conversationScroll, conversationBox, conversations, params, extensions } = state;
  const chosen = extensions.find((each) => each.number === params.extension);
  state.boxTitle.textContent = chosen?.name || params.extension;
  showFacts(chosen);
  refill(state.moreBox, state.next ? el("button", { class: "quiet-button", type: "button", onclick: loadMore }, "More") : null);
  if (!conversations.length) {
    refill(conversationBox, empty("No conversations", `Extension ${params.extension} has sent and received nothing.`));
    return;
  }
  keyed(conversationScroll, conversationBox, conversations.map((each) => ({ ...each, isChosen: each.id === params.conversation })), (each) => each.id, conversationItem);
}

function showFacts(chosen) {
  const { boxFacts } = state;
  boxFacts.hidden = !chosen;
  if (!chosen) return;
  const members = chosen.members.map((each) => state.names.get(each) ?? each);
  refill(
    boxFacts,
    chosen.status === "Enabled" ? null : el("p", { class: "bad" }, `${chosen.status} now${chosen.status === "Frozen" || chosen.status === "Disabled" ? ": receives nothing, sends nothing" : ""}.`),
    chosen.phone_numbers.length ? el("p", {}, chosen.phone_numbers.map(number).join(", ")) : null,
    members.length ? el("p", {}, `${several(members.length, "member")} now: ${members.join(", ")}`) : null,
  );
  boxFacts.hidden = !boxFacts.childNodes.length;
}

/** What a conversation is called: its other ends. */
function titleOf(conversation) {
  return conversation.with.map(({ number: digits, extension }) => extension?.name || number(digits)).join(", ");
}

function conversationItem(each) {
  const { newest } = each;
  const text = newest.availability === "Purged" ? "Purged" : newest.text || (newest.files ? several(newest.files, "file") : "");
  return el(
    "a",
    { class: `item ${each.unread ? "is-unread" : ""}`, href: state.app.address(`/conversations/${state.params.extension}/${each.id}`, keptQuery()), "aria-current": each.isChosen ? "true" : null },
    el("span", { class: "item-title" }, el("span", {}, titleOf(each)), kind(each), each.is_hidden ? el("span", { class: "tag warn" }, "removed") : null, each.opted_out.length ? el("span", { class: "tag warn" }, "STOP") : null),
    el("span", { class: "item-end" }, moment(newest.created, state.now)),
    el("span", { class: "item-text" }, newest.direction === "Outbound" ? "You: " : "", newest.availability === "Deleted" ? el("del", {}, text) : text),
    el("span", { class: "item-end" }, each.unread ? el("span", { class: "badge", "aria-label": `${each.unread} unread` }, count(each.unread)) : null),
  );
}

function keptQuery() {
  return state.params.query.both ? { both: state.params.query.both } : {};
}

function kind(each) {
  if (each.departments.length) return el("span", { class: "tag" }, "Department");
  if (each.type === "Pager") return el("span", { class: "tag" }, each.participants.length > 2 ? "group page" : "page");
  return each.with.length > 1 ? el("span", { class: "tag" }, "group") : null;
}

// --- the messages ---------------------------------------------------------------------------------

async function showThread() {
  const { app, params, names } = state;
  const phone = params.query.both ?? "";
  const shown = `${params.extension}/${params.conversation}/${phone}`;
  if (state.shown === shown) return;
  state.shown = shown;
  state.thread?.end();
  state.other?.end();
  state.thread = state.other = state.reply = null;
  state.panes.classList.toggle("has-both", Boolean(phone && params.conversation));
  if (!params.conversation) {
    refill(state.threadPane, empty(params.extension ? "Choose a conversation" : "Both sides of every conversation, live", "Keys: j and k go through conversations, ? lists all."));
    return;
  }
  const head = el("div", { class: "thread-head" });
  const foot = el("div", { class: "thread-foot" });
  const thread = createThread({
    app,
    path: `/extensions/${params.extension}/conversations/${params.conversation}`,
    side: "mailbox",
    names,
    label: `Messages of extension ${params.extension}`,
    concerns: ({ conversation, mailboxes }) => conversation === params.conversation && mailboxes.includes(params.extension),
    onInfo: (info) => showHead(head, foot, info, phone),
  });
  state.thread = thread;
  const sides = el("div", { class: "sides" }, el("div", { class: "side" }, thread.root));
  if (phone) sides.append(phoneSide(phone));
  refill(state.threadPane, head, sides, foot);
  await Promise.all([thread.load(), state.other?.load()]);
}

function phoneSide(phone) {
  const { app, names, params } = state;
  const other = createThread({
    app,
    path: `/phones/${phone}`,
    query: params.query.with ? { with: params.query.with } : {},
    side: "phone",
    names,
    label: `The phone ${number(phone)}`,
    concerns: ({ from, to }) => from === phone || to.includes(phone),
  });
  state.other = other;
  return el("div", { class: "side is-phone" }, el("div", { class: "side-head" }, icon("phone"), el("a", { href: app.address(`/phones/${phone}`) }, number(phone)), el("span", { class: "quiet" }, "as the phone has it")), other.root);
}

function showHead(head, foot, info, phone) {
  if (!state || JSON.stringify([info, phone]) === head.said) return;
  const { now, newest, total, unread, ...about } = info;
  const said = JSON.stringify([about, phone]);
  if (head.said === said) return;
  head.said = said;
  for (const { number: digits, extension } of info.with) if (extension) state.names.set(digits, extension.name);
  const phones = info.with.filter(({ number: digits, extension }) => isPhone(digits) && !extension).map(({ number: digits }) => digits);
  refill(
    head,
    el("div", { class: "pane-head" }, back(() => state.app.address(`/conversations/${state.params.extension}`), "conversations"), el("h2", {}, titleOf(info)), kind(info) ?? el("span", { class: "tag" }, info.type), phones.length ? el("a", { class: "quiet-button", "aria-pressed": null, href: bothAddress(info, phones[0], phone), title: "Both sides (b)" }, icon("both"), phone ? "One side" : "Both sides") : null),
    el("div", { class: "pane-facts" }, facts(info)),
  );
  if (phones.length && foot.phone !== phones[0]) {
    foot.phone = phones[0];
    state.reply = composer({ app: state.app, phone: phones[0], numbers: info.own_numbers.map((digits) => ({ number: digits, extension: { number: state.params.extension, name: state.names.get(state.params.extension) ?? "" } })), to: info.own_numbers.slice(0, 1) });
    refill(foot, state.reply.form);
  }
}

function bothAddress(info, phone, shown) {
  const path = `/conversations/${state.params.extension}/${info.id}`;
  return state.app.address(path, shown ? {} : { both: phone, with: info.with.length === 1 ? info.own_numbers[0] : null });
}

function facts(info) {
  const { names } = state;
  const parts = [];
  if (info.type === "SMS") parts.push(el("p", {}, `${info.with.map(({ number: digits }) => called(digits, names)).join(", ")} with ${info.own_numbers.map(number).join(", ")}`));
  for (const department of info.departments) {
    parts.push(el("p", {}, `Members of ${department.name || department.number} now: `, department.members.length ? department.members.map((each) => [el("span", { class: each.status === "Enabled" ? "tag" : "tag bad" }, `${each.name || each.number}${each.status === "Enabled" ? "" : ` · ${each.status}`}`), " "]) : "none"));
  }
  if (info.type === "Pager" && !info.departments.length) parts.push(el("p", {}, `Between ${info.participants.map((each) => `${each.name || each.number}${each.status === "Enabled" ? "" : ` (${each.status})`}`).join(", ")}`));
  if (info.is_hidden) parts.push(el("p", { class: "warn" }, "Removed from the Department: the API shows this thread to the extension no more."));
  for (const { phone, of } of info.opted_out) parts.push(el("p", { class: "warn" }, `${number(phone)} has opted out of messages from ${number(of)} (STOP).`));
  for (const { number: digits, extension } of info.with) if (extension && (extension.status === "Frozen" || extension.status === "Disabled")) parts.push(el("p", { class: "warn" }, `${extension.name || digits} is ${extension.status} now, and receives nothing.`));
  return parts;
}

// --- what happens, and keys -----------------------------------------------------------------------

const refreshLists = soon(async () => {
  if (!state) return;
  await loadExtensions();
  if (state?.params.extension) await loadConversations();
  else if (state) refill(state.conversationBox, welcome());
}, 300, (error) => console.warn(error));

function happened(data) {
  if (data.reset) {
    state.shown = null;
    state.app.navigate(state.params.extension ? `/conversations/${state.params.extension}` : "/conversations", { replace: true });
    refreshLists();
    return;
  }
  if (data.messages || data.changed || data.account || data.more || data.resumed || data.clock) refreshLists();
}

function step(by) {
  const { conversations, params, app } = state;
  if (!conversations.length) return;
  const at = conversations.findIndex(({ id }) => id === params.conversation);
  const next = conversations[Math.max(0, Math.min(conversations.length - 1, at < 0 ? 0 : at + by))];
  app.navigate(`/conversations/${params.extension}/${next.id}`, { query: keptQuery() });
}

function stepExtension(by) {
  const { extensions, params, app } = state;
  const at = extensions.findIndex((each) => each.number === params.extension);
  const next = extensions[Math.max(0, Math.min(extensions.length - 1, at < 0 ? 0 : at + by))];
  if (next) app.navigate(`/conversations/${next.number}`);
}

function toggleBoth() {
  state.threadPane.querySelector('.pane-head a[title="Both sides (b)"]')?.click();
}
