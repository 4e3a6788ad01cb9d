// The frame around every page: world, navigation, search, what happens live, and what was done last.

import { createApi } from "./api.js";
import { el, empty, icon, problem, refill } from "./dom.js";
import { several } from "./format.js";
import { createKeys } from "./keys.js";
import { createLive } from "./live.js";
import { createNotifier } from "./notify.js";
import { PAGES, TABS, find } from "./pages.js";
import { bind as bindTheme } from "./theme.js";

const { base, version, token } = document.documentElement.dataset;
const ROOT = `${base}/ui`;
const HOME = "/conversations";
const DEFAULT_WORLD = "default";
const MOST_ACTIONS = 50;

const keys = createKeys();
const actions = [];
let api;
let live;
let shown = null;
let visit = 0;

// --- the frame ------------------------------------------------------------------------------------

const main = el("main", { id: "main", tabindex: "-1" });
const worlds = el("select", { id: "world-switch", "aria-label": "World" });
const pulse = el("button", { class: "pulse", type: "button" });
const lastAction = el("div", { class: "last-action", role: "status" });
const announcer = el("div", { class: "sr-only", role: "status", "aria-live": "polite" });
const actionsDialog = el("dialog", { class: "actions", "aria-labelledby": "actions-title" });
const theme = el("button", { class: "icon-button", type: "button" });
const notifier = createNotifier({
  say(text) { announcer.textContent = text; notifier.button.focus(); },
  open: ({ id, mailboxes, conversation }) => navigate(mailboxes.length ? `/conversations/${mailboxes[0]}/${conversation}` : `/messages/${id}`),
});
const searchField = el("input", { type: "search", id: "search-field", placeholder: "Search", "aria-label": "Search texts, numbers, extensions, ids", autocomplete: "off", spellcheck: "false", onfocus: () => { import("./search.js").catch(() => {}); } });
const tabs = TABS.map((tab) => el("a", { class: "tab", href: ROOT + tab.path, dataset: { tab: tab.tab }, title: `${tab.label} (${tab.key})` }, icon(tab.icon), el("span", {}, tab.label)));

const heading = el("h1", { class: "sr-only" });

const header = el(
  "header",
  { class: "bar" },
  heading,
  el("a", { class: "skip", href: `${location.pathname}#main`, onclick: (event) => { event.preventDefault(); main.focus(); } }, "To the content"),
  el("a", { class: "brand", href: ROOT, title: `ringmock ${version}` }, el("img", { src: `${ROOT}/static/icon.svg`, alt: "", width: "22", height: "22" }), el("span", {}, "ringmock")),
  el("div", { class: "world-box" }, worlds),
  el("nav", { class: "tabs", "aria-label": "Pages" }, tabs),
  el("form", { class: "search-box", role: "search", onsubmit: search }, icon("search"), searchField, el("kbd", { "aria-hidden": "true" }, "/")),
  el("div", { class: "bar-end" }, pulse, notifier.button, theme, el("button", { class: "icon-button", type: "button", "aria-label": "List the keys", title: "Keys (?)", onclick: () => keys.help() }, "?")),
);

document.body.append(header, main, lastAction, announcer, actionsDialog);
const nextTheme = bindTheme(theme);

// --- worlds ---------------------------------------------------------------------------------------

/** The name of the world that the address names, "" for the fixture's own. */
function worldOf(address) {
  const named = new URLSearchParams(address.search).get("world") ?? "";
  return named === DEFAULT_WORLD ? "" : named;
}

async function listWorlds() {
  let names = [DEFAULT_WORLD];
  try {
    names = (await api.get("/worlds", { limit: 500 })).worlds.map(({ name }) => name);
  } catch {
    // The switch has the world that is shown; the page says what is wrong.
  }
  const current = api.world || DEFAULT_WORLD;
  if (!names.includes(current)) names.unshift(current);
  if (JSON.stringify([...worlds.options].map(({ value }) => value)) !== JSON.stringify(names)) {
    refill(worlds, names.map((name) => el("option", { value: name }, name)));
  }
  worlds.value = current;
}

worlds.addEventListener("focus", listWorlds);
worlds.addEventListener("pointerenter", listWorlds);
worlds.addEventListener("change", () => enterWorld(worlds.value));

/** Show another world, on the page that is shown where that page is about no single thing. */
function enterWorld(name, path) {
  const part = path ?? `/${(location.pathname.slice(ROOT.length) || HOME).split("/")[1]}`;
  history.pushState(null, "", address(part, {}, name === DEFAULT_WORLD ? "" : name));
  begin();
}

// --- addresses ------------------------------------------------------------------------------------

/** The address of a page about the same world. `query` is beside it. */
function address(path, query = {}, world = api.world) {
  const given = Object.entries({ ...query, ...(world ? { world } : {}) }).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return ROOT + path + (given.length ? `?${new URLSearchParams(given)}` : "");
}

function navigate(path, { query = {}, replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address(path, query));
  return show();
}

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a[href]");
  if (!link || link.target || link.hasAttribute("download")) return;
  const to = new URL(link.href);
  if (to.origin !== location.origin || !(to.pathname === ROOT || to.pathname.startsWith(`${ROOT}/`)) || to.pathname.startsWith(`${ROOT}/static/`)) return;
  event.preventDefault();
  history.pushState(null, "", to.pathname + to.search);
  if (worldOf(to) === api.world) show();
  else begin();
});
addEventListener("popstate", () => (worldOf(location) === api.world ? show() : begin()));

// --- pages ----------------------------------------------------------------------------------------

function marksTab(tab) {
  for (const each of tabs) {
    if (each.dataset.tab === tab) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
    each.href = address(TABS.find((known) => known.tab === each.dataset.tab).path);
  }
}

function leave() {
  if (!shown) return;
  const { module, scope } = shown;
  shown = null;
  for (const end of scope) end();
  module.unmount?.();
}

/** Show what the address names. A page that has `update` and is shown already is told, and stays where it is. */
async function show() {
  const path = location.pathname.slice(ROOT.length) || "/";
  if (path === "/") return navigate(HOME, { replace: true });
  const found = find(path);
  const mine = ++visit;
  if (!found) {
    leave();
    marksTab("");
    setTitle("Not here");
    refill(main, empty("There is no such page", el("a", { class: "button", href: address(HOME) }, "To the conversations")));
    return;
  }
  const { page, params } = found;
  marksTab(page.tab);
  setTitle(page.title);
  const query = Object.fromEntries(new URLSearchParams(location.search));
  try {
    const module = await import(`./${page.module}.js`);
    if (mine !== visit) return;
    if (shown?.module === module && module.update) {
      await module.update({ ...params, query });
      return;
    }
    leave();
    const scope = [];
    shown = { module, scope };
    main.className = `page page-${page.module}`;
    refill(main);
    main.scrollTop = 0;
    await module.mount(main, { ...params, query }, appFor(scope));
  } catch (error) {
    if (mine === visit && error.name !== "AbortError") {
      console.warn(error);
      refill(main, problem(error));
    }
  }
}

function setTitle(title) {
  heading.textContent = title;
  document.title = `${title} · ${api.world || "ringmock"}`;
}

/** What a page gets, and what ends with it. */
function appFor(scope) {
  return {
    /** Calls of the control API: see api.js. */
    api,
    /** The world's name, "" for the fixture's own. */
    world: api.world,
    version,
    /** The address of another page about this world, for links. */
    address,
    /** Go there: a path below /_mock/ui, `{ query, replace }`. */
    navigate,
    /** Show another world: its name, and the path where not that of this page. */
    enterWorld,
    setTitle,
    /** Say something to who cannot see the page. */
    announce(text) {
      announcer.textContent = text;
    },
    /** Have the data of each live event until the page is left: see live.js. */
    onLive(listener) {
      scope.push(live.on(listener));
    },
    /** Keys of the page: `addKeys("Calls", [{ key, label, run }])`, see keys.js. */
    addKeys(title, some) {
      scope.push(keys.add(title, some));
    },
    /** Call something when the page is left. */
    onLeave(end) {
      scope.push(end);
    },
    /** The worlds have become others. */
    worldsChanged: listWorlds,
    copy,
  };
}

// --- what was done --------------------------------------------------------------------------------

function acted(action) {
  actions.unshift(action);
  actions.length = Math.min(actions.length, MOST_ACTIONS);
  const isGood = action.status >= 200 && action.status < 300;
  refill(
    lastAction,
    el("span", { class: isGood ? "tag good" : "tag bad" }, action.status || "no answer"),
    el("span", { class: "last-label" }, isGood ? action.label : action.message),
    el("code", { class: "curl", tabindex: "0", role: "region", "aria-label": "As a command line" }, action.curl),
    el("button", { class: "quiet-button", type: "button", onclick: () => copy(action.curl) }, icon("copy"), "Copy"),
    el("button", { class: "quiet-button", type: "button", onclick: showActions }, several(actions.length, "action")),
    el("button", { class: "icon-button", type: "button", "aria-label": "Hide", onclick: hideAction }, icon("close")),
  );
  lastAction.classList.add("is-shown");
}

function hideAction() {
  lastAction.classList.remove("is-shown");
  refill(lastAction);
}

function showActions() {
  refill(
    actionsDialog,
    el("form", { method: "dialog", class: "dialog-head" }, el("h2", { id: "actions-title" }, "What was done here, as command lines"), el("button", { class: "quiet-button" }, "Close")),
    actions.length
      ? el("ol", { class: "action-list" }, actions.map(({ label, curl, status, message }) => el("li", {}, el("div", { class: "action-line" }, el("span", { class: status >= 200 && status < 300 ? "tag good" : "tag bad" }, status || "no answer"), el("strong", {}, label), el("button", { class: "quiet-button", type: "button", onclick: () => copy(curl) }, icon("copy"), "Copy")), message ? el("p", { class: "bad" }, message) : null, el("code", { class: "curl" }, curl))))
      : empty("Nothing yet", "What you send, change or reset here is listed with its curl."),
  );
  actionsDialog.showModal();
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    announcer.textContent = "Copied";
  } catch {
    announcer.textContent = "The browser does not let a page copy here";
  }
}

// --- live -----------------------------------------------------------------------------------------

const STATES = {
  live: ["Live", "What happens is shown as it happens. Pause (p)"],
  paused: ["Paused", "Nothing new is shown. Go on (p)"],
  waiting: ["Waiting", "The server does not answer; it is tried again"],
  closed: ["Closed", "This world is closed: choose another"],
};

function saysState(state) {
  const [label, title] = STATES[state];
  pulse.dataset.state = state;
  pulse.title = title;
  pulse.setAttribute("aria-label", `${label}. ${title}`);
  refill(pulse, el("i", {}), el("span", {}, label));
}

function togglePause() {
  if (live.isPaused) live.resume();
  else live.pause();
}

pulse.addEventListener("click", togglePause);

// --- search ---------------------------------------------------------------------------------------

function search(event) {
  event.preventDefault();
  const q = searchField.value.trim();
  if (q) navigate("/search", { query: { q } });
}

// --- begin ----------------------------------------------------------------------------------------

keys.add("Everywhere", [
  { key: "/", label: "Search", run: () => { searchField.focus(); searchField.select(); } },
  { key: "p", label: "Pause, or go on", run: togglePause },
  { key: "c", label: "What was done, as command lines", run: showActions },
  { key: "t", label: "Light, dark, as the system", run: nextTheme },
  { key: "Escape", label: "", run: () => { if (document.activeElement === searchField) searchField.blur(); else if (lastAction.classList.contains("is-shown")) hideAction(); else return false; } },
  ...TABS.map(({ key, label, path }) => ({ key, label: `Go to ${label.toLowerCase()}`, run: () => { navigate(path); } })),
]);

/** Show the world that the address names. */
function begin() {
  leave();
  live?.end();
  api = createApi(base, worldOf(location), token !== undefined, acted);
  saysState("waiting");
  const mine = api;
  live = createLive(
    (lastId) => mine.url("/events", lastId ? { last_event_id: lastId } : {}),
    (state) => mine === api && saysState(state),
    () => notifier.isOn,
  );
  live.on(notifier.told);
  document.querySelector(".brand").href = address("");
  listWorlds();
  return show();
}

begin();

export { PAGES };
