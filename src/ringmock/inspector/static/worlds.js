// The worlds of the server: open, fork, reset, close.

import { ask } from "./ask.js";
import { el, icon, refill } from "./dom.js";
import { count, duration } from "./format.js";
import { keyed, soon } from "./keyed.js";

const EVERY = 3000;
const MOST = 500;

let state = null;

export async function mount(main, _, app) {
  state = { app, said: el("p", { class: "bad", role: "alert" }) };
  state.body = el("tbody", {});
  state.total = el("span", { class: "quiet num" });
  state.name = el("input", { placeholder: "Name of a new world", "aria-label": "Name of a new world", required: true, maxlength: "64" });
  const box = el("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Worlds" }, el("table", {}, el("thead", {}, el("tr", {}, ["Client", "Fixture", "Age", "Calls", "Messages", "Last call", "", ""].map((name, at) => el(at < 6 ? "th" : "td", { scope: at < 6 ? "col" : null, class: [3, 4].includes(at) ? "num" : null }, name)))), state.body));
  refill(
    main,
    el(
      "div",
      { class: "content" },
      el("div", { class: "page-head" }, el("h1", {}, "Worlds"), state.total, el("form", { class: "row", onsubmit: opened }, state.name, el("button", { class: "primary" }, icon("plus"), "Open a world"))),
      el("p", { class: "quiet" }, "Each is a copy of the account, by itself: client credentials that the fixture does not name open one, and so does the header X-Ringmock-World."),
      state.said,
      box,
    ),
  );
  state.main = main;
  const timer = setInterval(refresh, EVERY);
  app.onLeave(() => clearInterval(timer));
  app.onLive(refresh);
  await load();
}

export function unmount() {
  state = null;
}

const refresh = soon(async () => {
  if (state && !document.hidden) await load();
}, 1000, (error) => console.warn(error));

async function load() {
  const mine = state;
  const { worlds, count: total } = await state.app.api.get("/worlds", { limit: MOST });
  if (state !== mine) return;
  state.total.textContent = total > worlds.length ? `${count(worlds.length)} of ${count(total)}` : count(total);
  keyed(state.main, state.body, worlds.map(({ age, ...world }) => ({ ...world, age: duration(age), ago: ago(world.last_used) })), ({ name }) => name, row);
}

function ago(iso) {
  const seconds = (Date.now() - new Date(iso)) / 1000;
  return seconds < 5 ? "now" : `${duration(seconds).split(" ").slice(0, 2).join(" ")} ago`;
}

function row(world) {
  const { app } = state;
  const isDefault = world.name === "default";
  const isHere = world.name === (app.world || "default");
  return el(
    "tr",
    {},
    el("td", {}, el("a", { href: app.address("/conversations", {}, isDefault ? "" : world.name), class: "world-name" }, world.name), isHere ? el("span", { class: "tag accent" }, "shown") : null, world.in_use ? el("span", { class: "tag good", title: "A call waits, a WebSocket is open or a test holds it" }, "in use") : null),
    el("td", {}, world.fixture),
    el("td", { class: "nowrap" }, world.age),
    el("td", { class: "num", dataset: { label: "calls" } }, count(world.calls)),
    el("td", { class: "num", dataset: { label: "messages" } }, count(world.messages)),
    el("td", { class: "nowrap", title: world.last_used }, world.ago),
    el("td", { class: "end" }, el("button", { class: "quiet-button", type: "button", onclick: () => fork(world) }, "Fork"), el("button", { class: "quiet-button", type: "button", onclick: () => confirmed(`Reset ${world.name}?`, "Its messages and calls are gone; log-ins stay good.", "Reset", () => app.api.act(`Reset ${world.name}`, "POST", path(world, "/reset"))) }, "Reset")),
    el("td", { class: "end" }, isDefault ? null : el("button", { class: "quiet-button", type: "button", onclick: () => confirmed(`Close ${world.name}?`, "It is gone with its log-ins.", "Close", () => app.api.act(`Closed ${world.name}`, "DELETE", path(world))) }, "Close")),
  );
}

function path(world, rest = "") {
  return `/worlds/${encodeURIComponent(world.name)}${rest}`;
}

async function opened(event) {
  event.preventDefault();
  const name = state.name.value.trim();
  await tried(async () => {
    await state.app.api.act(`Opened ${name}`, "POST", "/worlds", { name });
    state.name.value = "";
  });
}

async function fork(world) {
  const name = `${world.name.slice(0, 50)}-${Math.random().toString(36).slice(2, 6)}`;
  await tried(() => state.app.api.act(`Forked ${world.name} as ${name}`, "POST", "/worlds", { name, fork: world.name }));
}

async function tried(work) {
  state.said.textContent = "";
  try {
    await work();
  } catch (error) {
    if (state) state.said.textContent = error.message;
  }
  if (!state) return;
  await load();
  await state.app.worldsChanged();
}

/** Ask before what cannot be taken back. */
async function confirmed(title, about, label, work) {
  if (await ask({ title, about, label })) await tried(work);
}
