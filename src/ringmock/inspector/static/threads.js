// Message threads: the conversations of shared numbers, with who leads each, notes, assignments, and the notifications about it.

import { beside } from "./beside.js";
import { bubble } from "./bubbles.js";
import { el, empty, icon, problem, refill } from "./dom.js";
import { day, moment, number, several, time } from "./format.js";
import { keyed, soon } from "./keyed.js";
import { attempt } from "./parts.js";
import { createThread } from "./thread.js";

const PAGE = 50;
const MOST = 200;
const NEAR_PIXELS = 300;

let state = null;

export const { mount, update, unmount } = beside({
  title: "Threads",
  keys: [
    { key: "j", label: "Next thread", run: () => step(1) },
    { key: "k", label: "Previous thread", run: () => step(-1) },
  ],
  begin(main, _, app) {
    state = { app, params: {}, threads: [], next: null, wanted: PAGE, names: new Map(), shown: null, thread: null };
    build(main);
  },
  current: () => state,
  load,
  show,
  happened,
  end: () => { state = null; },
});

function build(main) {
  state.box = el("div", {});
  state.more = el("div", { class: "more" });
  state.scroll = el("div", { class: "pane-body", onscroll: nearEnd }, state.box, state.more);
  state.pane = el("section", { class: "pane", dataset: { at: "1" }, "aria-label": "The thread" });
  state.panes = el("div", { class: "panes two", dataset: { depth: "0" } },
    el("nav", { class: "pane", dataset: { at: "0" }, "aria-label": "Threads" }, el("div", { class: "pane-head" }, el("h2", {}, "Message threads")), state.scroll), state.pane);
  refill(main, state.panes);
}

function happened(data) {
  if (data.reset) {
    state.shown = null;
    state.app.navigate("/threads", { replace: true });
  }
  if (data.reset || data.messages || data.changed || data.account || data.clock || data.more || data.resumed) refresh();
}

// --- the list -------------------------------------------------------------------------------------

const refresh = soon(async () => { if (state) await load(); }, 300, (error) => console.warn(error));

async function load() {
  const mine = state;
  try {
    const answer = await mine.app.api.get("/message-threads", { limit: Math.min(mine.wanted, MOST) });
    if (state !== mine) return;
    const known = new Set(answer.threads.map(({ id }) => id));
    const rest = mine.threads.length > MOST ? mine.threads.slice(MOST).filter(({ id }) => !known.has(id)) : [];
    mine.threads = [...answer.threads, ...rest];
    if (!rest.length) mine.next = answer.next;
    mine.now = answer.now;
    list();
  } catch (error) {
    if (state === mine) refill(mine.box, problem(error));
  }
}

async function loadMore() {
  const mine = state;
  if (!mine.next || mine.isLoading) return;
  mine.isLoading = true;
  try {
    const answer = await mine.app.api.get("/message-threads", { before: mine.next, limit: PAGE });
    if (state !== mine) return;
    mine.threads = [...mine.threads, ...answer.threads];
    mine.next = answer.next;
    mine.wanted = mine.threads.length;
    list();
  } finally {
    mine.isLoading = false;
  }
}

function nearEnd() {
  const { scroll } = state;
  if (scroll.scrollHeight - scroll.clientHeight - scroll.scrollTop < NEAR_PIXELS) loadMore();
}

function list() {
  const { scroll, box, threads, params } = state;
  refill(state.more, state.next ? el("button", { class: "quiet-button", type: "button", onclick: loadMore }, "More") : null);
  if (!threads.length) {
    refill(box, empty("No threads yet", "An SMS to a number that several users share begins one. An administrator shares the number of a Department or a Site: bulkAssignSmsRecipients, or sms_recipients in the fixture."));
    return;
  }
  keyed(scroll, box, threads.map((each) => ({ ...each, isChosen: each.id === params.thread })), ({ id }) => id, item);
}

function item(each) {
  return el("a", { class: "item", href: state.app.address(`/threads/${each.id}`), "aria-current": each.isChosen ? "true" : null },
    el("span", { class: "item-title" }, el("span", {}, guestOf(each)), marks(each)),
    el("span", { class: "item-end" }, moment(each.last_message, state.now)),
    el("span", { class: "item-text" }, each.label || "No text"),
    el("span", { class: "item-end" }, each.owner.name || each.owner.number));
}

function guestOf({ guest }) {
  return guest.extension?.name || number(guest.number);
}

function marks(each) {
  return [
    el("span", { class: `tag ${each.status === "Open" ? "good" : ""}` }, each.reason === "ThreadExpired" ? "Expired" : each.status),
    each.availability === "Alive" ? null : el("span", { class: "tag bad" }, each.availability),
    each.assignee ? el("span", { class: "tag accent" }, each.assignee.name || each.assignee.number) : null,
  ];
}

function step(by) {
  const { threads, params, app } = state;
  if (!threads.length) return;
  const at = threads.findIndex(({ id }) => id === params.thread);
  app.navigate(`/threads/${threads[Math.max(0, Math.min(threads.length - 1, at < 0 ? 0 : at + by))].id}`);
}

// --- one thread -----------------------------------------------------------------------------------

async function show(params) {
  state.params = params;
  state.panes.dataset.depth = params.thread ? "1" : "0";
  list();
  if (state.shown === (params.thread ?? "")) return;
  state.shown = params.thread ?? "";
  state.thread?.end();
  state.thread = null;
  if (!params.thread) {
    refill(state.pane, empty("Choose a thread", "Who leads it, what was said, noted and done in it, and which notifications were sent about that."));
    return;
  }
  const { app, names, pane } = state;
  const head = el("div", { class: "thread-head" });
  const context = { side: "mailbox", app, names };
  state.thread = createThread({
    app,
    path: `/message-threads/${encodeURIComponent(params.thread)}`,
    items: "entries",
    side: "mailbox",
    names,
    label: "The thread",
    concerns: () => true,
    onInfo: (info) => headOf(head, info),
    render: (entry, previous) => entryNode(entry, previous, context),
  });
  refill(pane, head, state.thread.root);
  await state.thread.load();
}

function headOf(head, { now, ...info }) {
  if (!state) return;
  if (info.guest.extension) state.names.set(info.guest.number, info.guest.extension.name);
  state.names.set(info.number, info.owner.name);
  const said = JSON.stringify(info);
  if (head.said === said) return;
  head.said = said;
  const { app } = state;
  const guest = info.guest.extension ? app.address(`/conversations/${info.guest.extension.number}`) : app.address(`/phones/${info.guest.number}`);
  refill(head,
    el("div", { class: "pane-head" }, el("a", { class: "icon-button only-narrow", href: app.address("/threads"), "aria-label": "Back to the threads" }, icon("back")), el("h2", {}, guestOf(info)), marks(info)),
    el("div", { class: "pane-facts" },
      el("p", {}, el("a", { href: guest }, number(info.guest.number)), " with ", el("a", { href: app.address(`/conversations/${info.owner.number}`) }, `${info.owner.number} ${info.owner.name}`), ` at ${number(info.number)}`),
      el("p", {}, "Handlers now: ", info.handlers.length ? info.handlers.map((each) => [handler(each, info.assignee), " "]) : "none"),
      info.expires ? el("p", {}, `Resolved by itself on ${moment(info.expires)} unless a message comes.`) : null));
}

function handler(each, assignee) {
  const isActive = each.status === "Enabled";
  const leads = each.number === assignee?.number;
  return el("span", { class: `tag ${isActive ? leads ? "accent" : "" : "bad"}` }, [each.name || each.number, isActive ? "" : each.status, leads ? "leads it" : ""].filter(Boolean).join(" · "));
}

/** A message, a note or something that happened, with the notifications about it. */
function entryNode(entry, previous, context) {
  const events = entry.notifications.length ? eventsOf(entry) : null;
  if (entry.kind === "message") {
    const node = bubble(entry, previous, context);
    if (events) node.append(events);
    return node;
  }
  const isSameDay = previous && previous.created.slice(0, 10) === entry.created.slice(0, 10);
  return el("div", { class: "message-box", dataset: { id: entry.id } },
    isSameDay ? null : el("div", { class: "day" }, el("span", {}, day(entry.created))),
    entry.kind === "note" ? note(entry) : el("div", { class: "system-mark is-plain" }, el("span", {}, happening(entry), " ", at(entry.created))),
    events);
}

function at(iso) {
  return el("time", { datetime: iso, title: iso }, time(iso));
}

function note(entry) {
  const isDeleted = entry.availability !== "Alive";
  return el("div", { class: "thread-note" },
    el("div", { class: "message-from" }, `Note of ${named(entry.author)}`),
    el(isDeleted ? "del" : "div", { class: "bubble-text" }, entry.text),
    el("div", { class: "message-foot" }, at(entry.created), isDeleted ? el("span", { class: "bad" }, entry.availability) : entry.modified === entry.created ? null : el("span", {}, `changed ${time(entry.modified)}`)));
}

function named(extension) {
  return extension ? `${extension.name || extension.number} (${extension.number})` : "nobody";
}

function happening({ what, initiator, assignee, previous }) {
  if (what === "ThreadCreatedHint") return initiator ? `${named(initiator)} began the thread` : "Begun by a message that came";
  if (what === "ThreadResolvedHint") return initiator ? `Resolved by ${named(initiator)}` : "Resolved by itself: no message came";
  if (what === "ThreadDeletedHint") return `Deleted by ${named(initiator)}`;
  const before = previous && previous.number !== assignee?.number ? ` instead of ${named(previous)}` : "";
  if (!assignee) return `${named(initiator)} assigned it to nobody${before}`;
  return initiator?.number === assignee.number ? `${named(assignee)} took it${before}` : `${named(initiator)} assigned it to ${named(assignee)}${before}`;
}

/** The notifications about an entry. */
function eventsOf({ notifications }) {
  return el("details", { class: "entry-events", dataset: { key: "events" } },
    el("summary", {}, `${several(notifications.length, "event")} to ${[...new Set(notifications.map(({ owner }) => owner))].join(", ")}`),
    el("ul", {}, notifications.map((each, place) => attempt(state.app, each, place, () => state?.thread?.list.sync()))));
}
