// A short list that is read again as a whole: nodes of what is as it was stay, and what is in view stays where it is.

const FOCUSABLE = "a, button";

/**
 * Let `box`, inside `scroller`, have a node for each of `items`: `key(item)` names it, `render(item)` makes it. Focus
 * stays on the item that had it.
 */
export function keyed(scroller, box, items, key, render) {
  const known = new Map([...box.children].filter((node) => node.keyedId !== undefined).map((node) => [node.keyedId, node]));
  const top = scroller.getBoundingClientRect().top;
  const anchor = scroller.scrollTop > 0 ? [...known.values()].find((node) => node.getBoundingClientRect().bottom > top + 1) : null;
  const before = anchor?.getBoundingClientRect().top;
  const focused = document.activeElement;
  const held = focused?.closest?.("[data-keyed]")?.keyedId;
  const hadFocus = held !== undefined && box.contains(focused);
  const position = hadFocus ? [...known.get(held).querySelectorAll(FOCUSABLE)].indexOf(focused) : -1;

  const nodes = items.map((item) => {
    const id = key(item);
    const said = JSON.stringify(item);
    const old = known.get(id);
    if (old && old.keyedSaid === said) return old;
    const node = render(item);
    node.keyedId = id;
    node.keyedSaid = said;
    node.dataset.keyed = "";
    return node;
  });
  const kept = new Set(nodes);
  for (const node of [...box.childNodes]) if (!kept.has(node)) node.remove();
  let at = box.firstChild;
  for (const node of nodes) {
    if (node === at) at = at.nextSibling;
    else box.insertBefore(node, at);
  }
  const stays = anchor && nodes.find((node) => node.keyedId === anchor.keyedId);
  if (stays) scroller.scrollTop += stays.getBoundingClientRect().top - before;
  if (hadFocus && !document.contains(focused)) {
    const now = nodes.find((node) => node.keyedId === held);
    const inside = now ? [...now.querySelectorAll(FOCUSABLE)] : [];
    (now?.matches(FOCUSABLE) ? now : inside[position] ?? inside[0])?.focus({ preventScroll: true });
  }
}

/** Call `work` soon, once for many calls: at once where it was not called for so long. Work that fails is told to `wrong`. */
export function soon(work, milliseconds = 200, wrong = () => {}) {
  let timer = 0;
  let last = -Infinity;
  return () => {
    if (timer) return;
    const wait = Math.max(0, last + milliseconds - performance.now());
    timer = setTimeout(async () => {
      timer = 0;
      last = performance.now();
      try {
        await work();
      } catch (error) {
        if (error.name !== "AbortError") wrong(error);
      }
    }, wait);
  };
}
