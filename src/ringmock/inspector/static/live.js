// One stream of server-sent events for the page, which goes on where it stopped.

const HIDDEN_MILLISECONDS = 30000;
const FIRST_RETRY = 500;
const LONGEST_RETRY = 10000;

/**
 * What happens in a world, as `GET /_mock/events` tells it. `addressOf(lastId)` is the address of the stream from there
 * on; `onState` is told "live", "paused", "waiting" (for the server) or "closed" (the world is). `isKept()`: whether the
 * stream stays open while nobody sees the page.
 *
 * `on(listener)` has the data of each event told, and returns what ends that: `{ messages: [...], calls: [...], more,
 * changed, clock, account, reset, closed }`, of which each may be absent. After a pause `resumed` is true, and what is
 * shown is to be read again.
 */
export function createLive(addressOf, onState, isKept = () => false) {
  const listeners = new Set();
  let source = null;
  let lastId = "";
  let state = "waiting";
  let isPaused = false;
  let isEnded = false;
  let retry = 0;
  let wait = FIRST_RETRY;
  let hide = 0;

  function say(next) {
    if (state === next) return;
    state = next;
    onState(next);
  }

  function told(event) {
    lastId = event.lastEventId || lastId;
    const data = JSON.parse(event.data);
    if (data.closed) {
      end();
      say("closed");
    }
    for (const listener of [...listeners]) listener(data);
  }

  function open() {
    clearTimeout(retry);
    if (source || isPaused || isEnded) return;
    source = new EventSource(addressOf(lastId));
    source.onopen = () => {
      wait = FIRST_RETRY;
      say("live");
    };
    source.onmessage = told;
    source.onerror = () => {
      shut();
      say("waiting");
      retry = setTimeout(open, wait);
      wait = Math.min(wait * 2, LONGEST_RETRY);
    };
  }

  function shut() {
    source?.close();
    source = null;
    clearTimeout(retry);
  }

  function end() {
    isEnded = true;
    shut();
    document.removeEventListener("visibilitychange", seen);
    removeEventListener("pagehide", shut);
    removeEventListener("pageshow", open);
  }

  // A browser has few connections to a server: pages that nobody sees give theirs back.
  function seen() {
    clearTimeout(hide);
    if (document.hidden) hide = setTimeout(() => isKept() || shut(), HIDDEN_MILLISECONDS);
    else open();
  }

  document.addEventListener("visibilitychange", seen);
  // A page that is kept to go back to would hold its stream, of which a browser has six for a server.
  addEventListener("pagehide", shut);
  addEventListener("pageshow", open);
  open();
  return {
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    pause() {
      isPaused = true;
      shut();
      say("paused");
    },
    resume() {
      isPaused = false;
      say("waiting");
      open();
    },
    get isPaused() {
      return isPaused;
    },
    end,
  };
}
