// A part of a long list, as long as is good to scroll in, that never moves what somebody reads.

const PAGE = 60;
const MOST = 400;
const NEAR_PIXELS = 600;
const AT_END_PIXELS = 24;

const FOCUSABLE = "a, button, summary, [tabindex]";

/** What somebody opened in a node, by its key, is open in the one that takes its place; and what he closed is closed. */
function keepOpen(before, now) {
  const was = new Map([...before.querySelectorAll("details[data-key]")].map((each) => [each.dataset.key, each.open]));
  for (const each of now.querySelectorAll("details[data-key]")) each.open = was.get(each.dataset.key) ?? each.open;
  return now;
}

/**
 * Fills `box`, inside `scroller`, with a window of a list in pages.
 *
 * `fetch({ before, after, from, limit })` gives `{ items, older, newer }`, the items from the oldest to the newest:
 * without any of them the newest, `before` a cursor the newest of those before it, `after` the oldest of those after it,
 * and `from` the oldest from it on. `older` and `newer` are cursors, null where there is nothing beyond. `key(item)` is a
 * text that names it, `cursor(item)` its own cursor, `render(item, previous)` its node. `newestFirst`: whether the newest
 * stand above, as in tables, and not below, as in conversations. `onPending(count)` is told how many have come that are
 * not shown, since somebody reads elsewhere; `empty()` makes what stands for no items.
 */
export function createList({ scroller, box, fetch, key, cursor, render, newestFirst = false, onPending = () => {}, empty = null }) {
  let shown = [];
  let older = null;
  let newer = null;
  let pending = 0;
  let isBusy = false;
  let again = null;
  let isEnded = false;

  const distanceToNewest = () => newestFirst ? scroller.scrollTop : scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
  const isFollowing = () => newer === null && distanceToNewest() <= AT_END_PIXELS && !isSelecting();
  const isSelecting = () => {
    const selection = getSelection();
    return !selection.isCollapsed && box.contains(selection.anchorNode);
  };

  /** Change the window without moving what is in view. */
  function keepingPlace(change) {
    const follow = isFollowing();
    const top = scroller.getBoundingClientRect().top;
    const anchor = shown.find(({ node }) => node.getBoundingClientRect().bottom > top + 1);
    const before = anchor?.node.getBoundingClientRect().bottom;
    const focused = document.activeElement;
    const held = shown.find(({ node }) => node.contains(focused));
    const position = held ? [...held.node.querySelectorAll(FOCUSABLE)].indexOf(focused) : -1;
    change(follow);
    if (follow) toNewest();
    else if (anchor) {
      // Its node may be another by now: the first of a page says its day, which it does not once there is one before it.
      const now = shown.find(({ id }) => id === anchor.id)?.node;
      if (now) scroller.scrollTop += now.getBoundingClientRect().bottom - before;
    }
    if (held && !document.contains(focused)) {
      const now = shown.find(({ id }) => id === held.id)?.node;
      const inside = now ? [...now.querySelectorAll(FOCUSABLE)] : [];
      (position < 0 && now?.matches(FOCUSABLE) ? now : inside[position] ?? inside[0] ?? now)?.focus({ preventScroll: true });
    }
  }

  function toNewest() {
    scroller.scrollTop = newestFirst ? 0 : scroller.scrollHeight;
  }

  function entry(item, previous) {
    return { id: key(item), item, said: JSON.stringify(item), place: previous ? key(previous) : "", node: render(item, previous) };
  }

  /** The window is these items now; nodes of those that are as they were stay. */
  function place(items) {
    const known = new Map(shown.map((each) => [each.id, each]));
    const next = items.map((item, at) => {
      const before = known.get(key(item));
      const previous = items[at - 1];
      const isSame = before && before.said === JSON.stringify(item) && before.place === (previous ? key(previous) : "");
      if (isSame) return before;
      const made = entry(item, previous);
      if (before) keepOpen(before.node, made.node);
      return made;
    });
    const kept = new Set(next.map(({ node }) => node));
    for (const { node } of shown) if (!kept.has(node)) node.remove();
    const order = newestFirst ? [...next].reverse() : next;
    let at = box.firstChild;
    for (const { node } of order) {
      if (node === at) at = at.nextSibling;
      else box.insertBefore(node, at);
    }
    while (at) {
      const rest = at.nextSibling;
      at.remove();
      at = rest;
    }
    shown = next;
    if (!shown.length && empty) box.append(empty());
  }

  async function once(work) {
    if (isBusy) {
      again = work;
      return;
    }
    isBusy = true;
    try {
      await work();
    } finally {
      isBusy = false;
      const next = again;
      again = null;
      if (next && !isEnded) once(next);
      else if (!isEnded && work !== more) scrolled();
    }
  }

  function notePending(count) {
    pending = count;
    onPending(pending);
  }

  async function first() {
    const page = await fetch({ limit: PAGE });
    if (isEnded) return;
    ({ older } = page);
    newer = null;
    place(page.items);
    notePending(0);
    toNewest();
  }

  async function more() {
    if (older !== null && isNear("older")) {
      const page = await fetch({ before: older, limit: PAGE });
      if (isEnded) return;
      keepingPlace(() => {
        const items = [...page.items, ...shown.map(({ item }) => item)];
        ({ older } = page);
        if (items.length > MOST) {
          newer = cursor(items[MOST - 1]);
          items.length = MOST;
        }
        place(items);
      });
    } else if (newer !== null && isNear("newer")) {
      const page = await fetch({ after: newer, limit: PAGE });
      if (isEnded) return;
      keepingPlace(() => add(page, MOST));
    }
  }

  function isNear(end) {
    const top = scroller.scrollTop;
    const bottom = scroller.scrollHeight - scroller.clientHeight - top;
    return ((end === "newer") === newestFirst ? top : bottom) < NEAR_PIXELS;
  }

  function add(page, most) {
    const known = new Set(shown.map(({ id }) => id));
    const items = [...shown.map(({ item }) => item), ...page.items.filter((item) => !known.has(key(item)))];
    newer = page.newer;
    if (items.length > most) {
      items.splice(0, items.length - most);
      older = cursor(items[0]);
    }
    place(items);
    if (newer === null) notePending(0);
  }

  async function arrived() {
    if (newer !== null) {
      notePending(pending + 1);
      return;
    }
    if (!shown.length) return first();
    const page = await fetch({ after: cursor(shown.at(-1).item), limit: PAGE });
    if (isEnded || !page.items.length) return;
    const isOverfull = shown.length + page.items.length > MOST;
    if (!isFollowing() && isOverfull) {
      newer = cursor(shown.at(-1).item);
      notePending(pending + page.items.length);
      return;
    }
    const follow = isFollowing();
    keepingPlace(() => add(page, MOST));
    if (!follow) notePending(pending + page.items.length);
    if (page.newer !== null && follow) await arrivedAll();
  }

  /** Far behind: to the newest, for somebody who follows them. */
  async function arrivedAll() {
    await first();
  }

  async function sync() {
    if (!shown.length) return first();
    const page = await fetch({ from: cursor(shown[0].item), limit: MOST });
    if (isEnded) return;
    keepingPlace(() => {
      newer = page.newer;
      place(page.items);
    });
  }

  let wasFollowing = true;
  const scrolled = () => {
    wasFollowing = isFollowing();
    if (newer === null && distanceToNewest() <= AT_END_PIXELS && pending) notePending(0);
    if ((older !== null && isNear("older")) || (newer !== null && isNear("newer"))) {
      if (!isBusy) once(more).catch(() => {});
    }
  };
  scroller.addEventListener("scroll", scrolled, { passive: true });
  // A picture that has loaded, or a frame that has shrunk, does not take the newest out of view.
  const resized = new ResizeObserver(() => {
    if (wasFollowing && shown.length && newer === null) toNewest();
  });
  resized.observe(box);
  resized.observe(scroller);

  return {
    /** Show the newest. */
    load: () => once(first),
    /** Something has come at the newest end. */
    arrived: () => once(arrived),
    /** Something that is shown may have changed. */
    sync: () => once(sync),
    /** Show the newest, and go there. */
    toNewest: () => (newer === null ? (toNewest(), notePending(0)) : once(first)),
    get items() {
      return shown.map(({ item }) => item);
    },
    get size() {
      return shown.length;
    },
    end() {
      isEnded = true;
      resized.disconnect();
      scroller.removeEventListener("scroll", scrolled);
    },
  };
}
