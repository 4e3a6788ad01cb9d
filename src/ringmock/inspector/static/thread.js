// A live window of messages: a conversation of a mailbox, or what a phone has. Used by the pages of both.

import { bubble } from "./bubbles.js";
import { el, empty, icon, problem, refill } from "./dom.js";
import { several } from "./format.js";
import { soon } from "./keyed.js";
import { createList } from "./list.js";

/**
 * A thread at `path` of the control API, with `query`. `side` is "mailbox" or "phone"; `names` is filled by `onInfo`,
 * which is told each answer without its messages. `concerns(message)` says whether a live message belongs here. `render` makes
 * the node of a message, a bubble where it is left out; `items` is what the answer calls its messages.
 */
export function createThread({ app, path, query = {}, side, names, onInfo = () => {}, concerns, label, items = "messages", render = null }) {
  const box = el("div", { class: "thread", role: "log", "aria-label": label, "aria-live": "off" });
  const jump = el("button", { class: "jump", type: "button", hidden: true, onclick: () => { scroller.focus({ preventScroll: true }); list.toNewest(); } });
  const scroller = el("div", { class: "pane-body thread-scroll", tabindex: "0", role: "region", "aria-label": `${label}, the list` }, box);
  const root = el("div", { class: "thread-box" }, scroller, jump);
  const stop = new AbortController();
  let due = 0;

  const list = createList({
    scroller,
    box,
    key: ({ id, cursor }) => id ?? `c${cursor}`,
    cursor: ({ cursor }) => cursor,
    render: render ?? ((message, previous) => bubble(message, previous, { side, app, names })),
    onPending(count) {
      jump.hidden = !count;
      refill(jump, icon("down"), `${several(count, "new message")}`);
    },
    empty: () => empty("No messages yet"),
    async fetch(asked) {
      const { [items]: messages, older, newer, ...info } = await app.api.get(path, { ...query, ...asked }, stop.signal);
      onInfo(info);
      wakeAt(messages, info.now);
      return { items: messages, older, newer };
    },
  });
  const quietly = (error) => { if (error.name !== "AbortError") console.warn(error); };
  const arrived = () => list.arrived().catch(quietly);
  const sync = soon(() => list.sync(), 250, quietly);

  /** Statuses change by themselves: look again when the next one does. */
  function wakeAt(messages, now) {
    const next = messages.map(({ next_change: change }) => change).filter(Boolean).sort()[0];
    clearTimeout(due);
    if (next) due = setTimeout(sync, Math.max(100, Math.min(new Date(next) - new Date(now) + 100, 2 ** 31 - 1)));
  }

  app.onLeave(end);
  app.onLive((data) => {
    if (data.reset || data.closed) return;
    if (data.changed || data.clock || data.more || data.resumed || data.account) sync();
    if (!(data.messages ?? []).some(concerns)) return;
    const hasChanges = list.items.at(-1)?.changes_after?.length;
    arrived();
    // What came after the newest is before the one that has come.
    if (hasChanges) sync();
  });

  function end() {
    stop.abort();
    clearTimeout(due);
    list.end();
  }

  return {
    root,
    scroller,
    list,
    end,
    async load() {
      try {
        await list.load();
      } catch (error) {
        if (error.name !== "AbortError") refill(box, problem(error));
      }
    },
  };
}
