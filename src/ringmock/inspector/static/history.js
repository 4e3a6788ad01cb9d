// The history of a world: what has changed it, labels, and the ways back and aside.

import { ask } from "./ask.js";
import { el, problem, refill } from "./dom.js";
import { count, moment, several } from "./format.js";
import { callLink, createSections, eased } from "./parts.js";

const SHOWN = 15;
const MOST = 10000;
const MOST_NAME = 58;
let state;

/** A part of the page of a world. */
export const history = { key: "history", title: "History", mount, onLive };

async function mount(node, app) {
  const problems = el("div", { class: "problems", role: "status" });
  const box = el("div", { class: "history" });
  node.append(problems, box);
  const again = eased(load, 250);
  state = { app, problems, sections: createSections(box), shown: SHOWN, again };
  app.onLeave(() => { again.end(); state = undefined; });
  app.addKeys("History", [{ key: "l", label: "Label the world as it is now", run: () => document.getElementById("history-label")?.focus() }]);
  await load();
}

function onLive(data) {
  if (data.calls || data.messages || data.changed || data.account || data.clock || data.reset || data.more || data.resumed) state?.again();
}

async function load() {
  const here = state;
  if (!here) return;
  try {
    const said = await here.app.api.get("/history", { limit: here.shown });
    if (state !== here) return;
    const { commands, ...standing } = said;
    here.sections.show("standing", standing, () => standingOf(standing));
    here.sections.show("labels", standing.labels, () => labelsOf(standing.labels));
    here.sections.show("commands", [commands, standing.first, standing.labels], () => commandsOf(here.app, commands, standing));
  } catch (error) {
    if (state === here) refill(here.problems, problem(error));
  }
}

async function act(label, method, path, body) {
  const here = state;
  try {
    const said = await here.app.api.act(label, method, path, body);
    if (state === here) refill(here.problems);
    return said;
  } catch (error) {
    if (state === here) refill(here.problems, problem(error));
    return null;
  } finally {
    if (state === here) await load();
  }
}

// --- where the world is ---------------------------------------------------------------------------

function standingOf({ first, latest, left_out: leftOut, most }) {
  const total = latest - first + 1;
  return [
    el("p", { class: "quiet" }, total ? `${several(total, "command")} since the last reset, the latest is ${count(latest)}. Reads and refusals are none.` : "Nothing has changed it since the last reset."),
    leftOut ? el("p", { class: "warn" }, `The newest ${count(leftOut)} are not kept: there is no way back to them. It keeps ${count(most)} commands (--max-history).`) : null,
    el("form", { class: "row", onsubmit: setLabel },
      el("label", { for: "history-label" }, "Label"),
      el("input", { id: "history-label", placeholder: "before-the-order", autocomplete: "off", spellcheck: "false", maxlength: "64", size: "18" }),
      el("button", { class: "button" }, "Label the present")),
    total ? lookBack(first, latest - leftOut) : null,
  ];
}

/** Choose a command, and look at the world as it was then: in a fork, so that this one stays as it is. */
function lookBack(first, latest) {
  const chosen = Math.min(Math.max(state.chosen ?? latest, first - 1), latest);
  const said = el("output", { for: "history-point" }, pointOf(chosen, first));
  const slider = el("input", {
    id: "history-point", type: "range", min: String(first - 1), max: String(latest), value: String(chosen),
    oninput: () => {
      state.chosen = Number(slider.value);
      said.textContent = pointOf(state.chosen, first);
    },
  });
  return el("form", { class: "row look-back", onsubmit: (event) => { event.preventDefault(); look(Number(slider.value), pointOf(Number(slider.value), first)); } },
    el("label", { for: "history-point" }, "Look back"), slider, said,
    el("button", { class: "button" }, "Look"));
}

function pointOf(number, first) {
  return number < first ? "the beginning" : `after command ${count(number)}`;
}

async function look(at, said) {
  const name = await forked(at, said);
  if (name) await state?.app.enterWorld(name, "/conversations");
}

async function setLabel(event) {
  event.preventDefault();
  const field = document.getElementById("history-label");
  const name = field.value.trim();
  if (!name) {
    field.focus();
    return;
  }
  field.value = "";
  if (await act(`Label the world ${name}`, "PUT", `/history/labels/${encodeURIComponent(name)}`)) return;
  const again = document.getElementById("history-label");
  if (again) again.value = name;
}

function labelsOf(labels) {
  const all = Object.entries(labels).reverse();
  if (!all.length) return null;
  return [el("h3", {}, "Labels"), el("ul", { class: "plain-list" }, all.map(([name, at]) => el("li", { class: "row point", dataset: { key: `label-${name}` } }, el("span", { class: "tag accent label-name" }, name), el("span", { class: "quiet num" }, `after command ${count(at)}`), ways(name, `label ${name}`))))];
}

// --- what was done --------------------------------------------------------------------------------

function commandsOf(app, commands, { first, labels }) {
  const at = new Map();
  for (const [name, number] of Object.entries(labels)) at.set(number, [...(at.get(number) ?? []), name]);
  const named = (number) => (at.get(number) ?? []).map((name) => [" ", el("span", { class: "tag accent" }, name)]);
  const isAll = !commands.length || commands[0].number === first;
  return [
    el("h3", {}, "Commands ", el("span", { class: "quiet" }, "by the real time")),
    el("ol", { class: "command-list", tabindex: "0", "aria-label": "Commands, the newest first" },
      [...commands].reverse().map((command) => el("li", { class: "command", dataset: { key: `command-${command.number}` } },
        el("span", { class: "quiet num" }, count(command.number)),
        el("span", { class: "command-said" },
          command.call === null ? el("span", {}, worded(command.kind)) : callLink(app, command.call, command.kind),
          command.extension ? el("span", { class: "quiet" }, ` by ${command.extension}`) : null,
          named(command.number)),
        el("span", { class: "quiet num command-at" }, moment(command.at)),
        ways(command.number, `command ${command.number}`))),
      isAll ? el("li", { class: "command", dataset: { key: "command-first" } }, el("span", { class: "quiet num" }, count(first - 1)), el("span", { class: "command-said" }, "the world as it began", named(first - 1)), el("span", {}), ways(first - 1, "the beginning")) : null),
    isAll ? null : el("button", { class: "quiet-button", type: "button", id: "history-more", onclick: showMore }, "Earlier ones"),
  ];
}

const WORDS = {
  attempted: "a webhook was called",
  code: "a log-in code was given",
  "code-used": "a log-in code was used",
  connected: "a WebSocket connected",
  counted: "a call was counted for a rate limit",
  due: "something was due",
  "first-use": "a token was used first",
  forked: "began as a fork",
  "log-in": "a log-in began",
  "log-in-ended": "a log-in ended",
  met: "a call met a fault",
  "met-notification": "a notification met a fault",
  named: "a notification was made",
  refreshed: "a token was refreshed",
  reinstated: "a subscription is active again",
  revoked: "a token was revoked",
  unsubscribed: "a subscription ended",
  walked: "the clock moved",
};

/** What a command that is no call of the API is called. */
function worded(kind) {
  return WORDS[kind] ?? kind.replaceAll(/[_-]/g, " ");
}

async function showMore() {
  state.shown = Math.min(MOST, state.shown * 4);
  await load();
}

/** The way back to a point, and the one aside. */
function ways(to, said) {
  return el("span", { class: "ways" },
    el("button", { class: "quiet-button", type: "button", "aria-label": `Back to ${said}`, onclick: () => rewind(to, said) }, "Back"),
    el("button", { class: "quiet-button", type: "button", "aria-label": `Fork at ${said}`, onclick: () => fork(to, said) }, "Fork"));
}

async function rewind(to, said) {
  const { api } = state.app;
  const isWanted = await ask({ title: `Back to ${said}?`, about: "What came after is forgotten, in the journal, too; log-ins stay good. A fork leaves this world as it is.", label: "Go back", curl: api.curl("POST", "/history/rewind", { to }) });
  if (!isWanted || !state) return;
  const came = await act(`Back to ${said}`, "POST", "/history/rewind", { to });
  if (!came || !state) return;
  state.app.announce(`The world is as it was after ${said}`);
  if (came.differs_at !== null) refill(state.problems, el("p", { class: "warn" }, `Command ${count(came.differs_at)} is answered in another way than it was.`));
}

/** Open a world that begins as this one was; its name, null where that failed or the page is left. */
async function forked(at, said) {
  const here = state;
  const origin = here.app.world || "default";
  const name = `${origin.slice(0, MOST_NAME)}-${Math.random().toString(36).slice(2, 6)}`;
  const made = await act(`Fork ${origin} at ${said} as ${name}`, "POST", "/worlds", { name, fork: origin, at });
  if (!made || state !== here) return null;
  await here.app.worldsChanged();
  return state === here ? name : null;
}

async function fork(at, said) {
  const name = await forked(at, said);
  if (!name) return;
  const { app, problems } = state;
  refill(problems, el("p", { class: "good" }, `World ${name} begins as this one was. `, el("button", { class: "button", type: "button", onclick: () => app.enterWorld(name, "/world") }, "Open it")));
}
