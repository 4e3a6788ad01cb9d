// The world: its clock, extensions and Departments, faults, limits, and its subscriptions with each attempt.

import { el, fill, icon, problem, refill } from "./dom.js";
import { count, isPhone, moment, number, several } from "./format.js";
import { attempt, createSections, eased, more } from "./parts.js";
import { PARTS } from "./world-parts.js";

const STATUSES = ["Enabled", "Disabled", "Frozen", "NotActivated", "Unassigned"];
const SHOWN_ATTEMPTS = 25;
const DRAGGED = "application/x-ringmock-extension";
let state;

/** Show it. */
export async function mount(main, _, app) {
  const left = el("div", { class: "world-column" });
  const right = el("div", { class: "world-column" });
  const problems = el("div", { class: "problems" });
  fill(main, el("div", { class: "content wide-content" }, el("div", { class: "page-head" }, el("h1", {}, "World ", el("span", { class: "mono" }, app.world || "default"))), problems, el("div", { class: "world-grid" }, left, right)));
  state = { app, problems, left: createSections(left), right: createSections(right), search: "", clock: null, tick: 0 };
  const again = eased(load, 200);
  // What becomes of a notification is no event of the stream.
  const late = eased(load, 1200);
  state.sent = () => { again(); late(); };
  state.tick = setInterval(tick, 500);
  app.onLeave(() => { again.end(); late.end(); clearInterval(state.tick); state = undefined; });
  app.onLive((data) => {
    again();
    for (const part of PARTS) part.onLive?.(data);
  });
  app.addKeys("World", [
    { key: "n", label: "Go to what is due next", run: () => advance({ to: "next" }, "Go to what is due next") },
    { key: "z", label: "Freeze the clock, or let it go on", run: freeze },
  ]);
  await load();
  for (const part of PARTS) await mountPart(left, part);
}

async function mountPart(column, { key, title, mount: mountInto }) {
  const node = el("div", { class: "card", dataset: { part: key } }, el("h2", {}, title));
  column.append(node);
  await mountInto(node, state.app);
}

async function load() {
  const here = state;
  if (!here) return;
  const { api } = here.app;
  try {
    const [due, account, faults, limits, subscriptions] = await Promise.all([api.get("/clock/due", { limit: 12 }), api.get("/extensions", { limit: 1000 }), api.get("/faults"), api.get("/limits"), api.get("/subscriptions")]);
    if (state !== here) return;
    refill(here.problems);
    here.account = account;
    here.clock = { at: Date.parse(due.now), since: performance.now(), frozen: due.frozen };
    here.left.show("clock", { frozen: due.frozen, due: due.due, at: due.frozen ? due.now : "" }, () => clockCard(due));
    here.left.show("faults", [faults, kept()], () => faultsCard(faults));
    here.left.show("limits", limits, () => limitsCard(limits));
    here.right.show("departments", account, () => departmentsCard(account));
    here.right.show("extensions", account, () => extensionsCard(account));
    here.right.show("subscriptions", subscriptions, () => subscriptionsCard(subscriptions));
    filterRows();
    tick();
  } catch (error) {
    if (state === here) refill(here.problems, problem(error));
  }
}

/** Do something, and show what came of it. */
async function act(label, method, path, body) {
  const here = state;
  try {
    const said = await here.app.api.act(label, method, path, body);
    if (state === here) { refill(here.problems); here.app.announce(label); }
    return said;
  } catch (error) {
    if (state === here) { refill(here.problems, problem(error)); here.problems.scrollIntoView({ block: "nearest" }); }
    return null;
  } finally {
    if (state === here) await load();
  }
}

function card(title, beside, ...children) {
  return el("div", { class: "card" }, el("div", { class: "page-head" }, el("h2", {}, title), beside), ...children);
}

// --- the clock ------------------------------------------------------------------------------------

function tick() {
  const node = document.getElementById("world-now");
  if (!node || !state?.clock) return;
  const { at, since, frozen } = state.clock;
  const now = new Date(frozen ? at : at + performance.now() - since);
  if (Number.isNaN(now.valueOf())) return;
  node.textContent = `${now.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function clockCard(said) {
  const steps = [[60, "1 min"], [3600, "1 h"], [86400, "1 day"], [604800, "1 week"]];
  return card("Clock", el("span", { class: `tag ${said.frozen ? "warn" : "good"}` }, said.frozen ? "stands still" : "goes on"),
    el("p", { class: "now num", id: "world-now" }, said.now),
    el("div", { class: "row" },
      el("button", { class: "primary", type: "button", onclick: () => advance({ to: "next" }, "Go to what is due next") }, "To what is next"),
      steps.map(([seconds, label]) => el("button", { class: "button", type: "button", onclick: () => advance({ seconds }, `Advance by ${label}`) }, `+ ${label}`)),
      el("button", { class: "button", type: "button", onclick: freeze }, said.frozen ? "Let it go on" : "Freeze"),
    ),
    el("form", { class: "row", onsubmit: setClock }, el("label", { for: "clock-to" }, "Set to"), el("input", { id: "clock-to", placeholder: "2012-10-16T06:34:58Z", autocomplete: "off", spellcheck: "false", size: "22" }), el("button", { class: "button" }, "Set")),
    el("h3", {}, "Due next"),
    said.due.length ? el("ol", { class: "due-list" }, said.due.map((due) => el("li", {}, el("span", { class: "num" }, moment(due.at, said.now)), el("span", {}, dueText(due)), due.extension ? el("span", { class: "quiet" }, due.extension) : null))) : el("p", { class: "quiet" }, "Nothing is due: time may go by, and nothing happens by itself."));
}

function dueText(due) {
  const what = due.kind.replaceAll("-", " ");
  if (due.kind === "message-status") return el("a", { href: state.app.address(`/messages/${due.id}`) }, `message reaches ${due.status}`);
  return due.status ? `${what}: ${due.status}` : what;
}

async function advance(body, label) {
  const said = await act(label, "POST", "/clock/advance", body);
  if (said) state?.app.announce(`${several(said.count, "thing")} happened`);
}

function freeze() {
  const frozen = !state.clock?.frozen;
  return act(frozen ? "Freeze the clock" : "Let the clock go on", "PUT", "/clock", { frozen });
}

function setClock(event) {
  event.preventDefault();
  const now = document.getElementById("clock-to").value.trim();
  if (now) act("Set the clock", "PUT", "/clock", { now });
}

// --- extensions and Departments -------------------------------------------------------------------

function canBeMember({ type }) {
  return type === "User" || type === "Voicemail";
}

function departmentsCard({ extensions }) {
  const departments = extensions.filter(({ members }) => members);
  const people = extensions.filter(canBeMember);
  if (!departments.length) return card("Departments", null, el("p", { class: "quiet" }, "This account has none."));
  return card("Departments", el("span", { class: "quiet" }, "drag extensions in and out"), departments.map((one) => department(one, people)));
}

function department(one, people) {
  const named = new Map(people.map((each) => [each.number, each]));
  const others = people.filter(({ number: own }) => !one.members.includes(own));
  const chooser = el("select", { id: `member-of-${one.number}`, "aria-label": `Who is added to Department ${one.number}` }, others.map((each) => el("option", { value: each.number }, `${each.number} ${each.name}`)));
  const zone = el("div", { class: "department", role: "group", "aria-label": `Department ${one.number}`, dataset: { key: `department-${one.number}` },
    ondragover: (event) => { if (isDragged(event)) { event.preventDefault(); zone.classList.add("is-over"); } },
    ondragleave: () => zone.classList.remove("is-over"),
    ondrop: (event) => { event.preventDefault(); event.stopPropagation(); zone.classList.remove("is-over"); join(one, dragged(event).number); } },
    el("div", { class: "row" }, el("h3", {}, el("a", { href: state.app.address(`/conversations/${one.number}`) }, `${one.number} ${one.name}`)), statusMark(one), el("span", { class: "quiet num" }, several(one.members.length, "member"))),
    el("ul", { class: "chips" }, one.members.map((member) => el("li", { class: "chip", draggable: "true", dataset: { key: `member-${one.number}-${member}` }, ondragstart: (event) => drag(event, member, one.number) },
      el("span", {}, `${member} ${named.get(member)?.name ?? ""}`), named.get(member) && named.get(member).status !== "Enabled" ? statusMark(named.get(member)) : null,
      el("button", { class: "icon-button", type: "button", "aria-label": `Take ${member} out of Department ${one.number}`, onclick: () => quit(one, member) }, icon("close")))),
      one.members.length ? null : el("li", { class: "quiet" }, "Nobody: drop an extension here")),
    others.length ? el("div", { class: "row" }, chooser, el("button", { class: "button", type: "button", "aria-label": `Add to Department ${one.number}`, onclick: () => join(one, chooser.value) }, icon("plus"), "Add")) : null);
  return zone;
}

function isDragged(event) {
  return event.dataTransfer.types.includes(DRAGGED);
}

function drag(event, own, from) {
  event.dataTransfer.setData(DRAGGED, JSON.stringify({ number: own, from }));
  event.dataTransfer.effectAllowed = "move";
}

function dragged(event) {
  return JSON.parse(event.dataTransfer.getData(DRAGGED) || "{}");
}

function join(one, own) {
  if (own && !one.members.includes(own)) return act(`Add ${own} to Department ${one.number}`, "PUT", `/departments/${one.number}/members`, [...one.members, own]);
  return null;
}

function quit(one, own) {
  return act(`Take ${own} out of Department ${one.number}`, "PUT", `/departments/${one.number}/members`, one.members.filter((member) => member !== own));
}

function statusMark({ status }) {
  return el("span", { class: `tag ${status === "Enabled" ? "good" : status === "Frozen" || status === "Disabled" ? "bad" : "warn"}` }, status);
}

function extensionsCard({ count: total, extensions }) {
  const search = el("input", { id: "extension-search", type: "search", "aria-label": "Search extensions", placeholder: "Search", autocomplete: "off", oninput: (event) => { state.search = event.target.value; filterRows(); } });
  return el("div", { class: "card", ondragover: (event) => { if (isDragged(event)) event.preventDefault(); }, ondrop: (event) => {
    event.preventDefault();
    const { number: own, from } = dragged(event);
    const one = extensions.find((each) => each.number === from);
    if (one) quit(one, own);
  } },
    el("div", { class: "page-head" }, el("h2", {}, "Extensions"), el("span", { class: "quiet num" }, count(total)), search),
    el("ul", { class: "extension-rows", id: "extension-rows", tabindex: "0", "aria-label": "Extensions" }, extensions.map(extensionRow)),
    total > extensions.length ? el("p", { class: "quiet" }, `The first ${count(extensions.length)} of ${count(total)}.`) : null);
}

function extensionRow(one) {
  const status = el("select", { "aria-label": `Status of ${one.number}`, id: `status-${one.number}`, onchange: (event) => setStatus(one, event.target.value) }, STATUSES.map((each) => el("option", { value: each, selected: each === one.status }, each)));
  status.value = one.status;
  const isActive = one.status === "Enabled";
  return el("li", { class: "extension-row", dataset: { key: `extension-${one.number}`, text: [one.number, one.name, one.type, one.status, ...one.phone_numbers].join(" ").toLowerCase() }, draggable: canBeMember(one) ? "true" : null, ondragstart: (event) => drag(event, one.number, null) },
    el("a", { class: "num", href: state.app.address(`/conversations/${one.number}`) }, one.number), el("span", { class: "extension-name" }, one.name, el("span", { class: "quiet num" }, one.phone_numbers.slice(0, 2).map((each) => ` ${isPhone(each) ? number(each) : each}`))),
    el("span", { class: "tag" }, one.type),
    status,
    el("button", { class: "button", type: "button", "aria-label": `${isActive ? "Freeze" : "Thaw"} ${one.number}`, onclick: () => setStatus(one, isActive ? "Frozen" : "Enabled") }, isActive ? "Freeze" : "Thaw"));
}

function filterRows() {
  const text = state.search.trim().toLowerCase();
  for (const row of document.querySelectorAll("#extension-rows > li")) row.hidden = !row.dataset.text.includes(text);
}

function setStatus(one, status) {
  const label = status === "Frozen" ? `Freeze ${one.number}` : status === "Enabled" ? `Thaw ${one.number}` : `Set ${one.number} to ${status}`;
  return act(label, "PATCH", `/extensions/${one.number}`, { status });
}

// --- faults ---------------------------------------------------------------------------------------

const FIELDS = [["operation", "Operation", "createSMSMessage"], ["error", "Error code", "CMN-201"], ["times", "Times", "all"], ["nth", "From the n-th", "1"], ["delay", "Seconds late", "0"], ["extension", "Of extension", "any"], ["recipient", "To recipient", "any"]];
const NUMBERS = new Set(["times", "nth", "delay"]);
const ANSWERS = ["reset", "empty", "garbage", "truncated", "malformed", "slow"];
const NOTIFICATIONS = ["lost", "doubled", "late", "reordered", "closed"];

/** The rules that somebody switched off here, to be switched on again. */
function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(keptName()) ?? "[]");
  } catch {
    return state.kept ?? [];
  }
}

function keep(rules) {
  state.kept = rules;
  try {
    sessionStorage.setItem(keptName(), JSON.stringify(rules));
  } catch {
    // A browser that stores nothing keeps them as long as the page is shown.
  }
}

function keptName() {
  return `ringmock.faults.${state.app.world || "default"}`;
}

function faultsCard(faults) {
  return card("Faults", faults.some(({ met }) => met) ? el("a", { href: state.app.address("/calls", { refused_by: "faults" }) }, "Calls that met one") : null,
    el("ul", { class: "fault-list" },
      faults.map((fault, place) => el("li", { class: "fault", dataset: { key: `fault-${place}` } }, el("button", { class: "switch", type: "button", role: "switch", "aria-checked": "true", "aria-label": `Fault: ${fault.text}`, onclick: () => switchOff(fault, place) }), el("span", { class: "fault-text" }, fault.text), el("span", { class: `tag num ${fault.met ? "warn" : ""}` }, `met ${several(fault.met, "time")}`), el("span", { class: "quiet num" }, fault.left === null ? "no end" : `${count(fault.left)} left`))),
      kept().map(({ rule, text }, place) => el("li", { class: "fault is-off", dataset: { key: `off-${place}` } }, el("button", { class: "switch", type: "button", role: "switch", "aria-checked": "false", "aria-label": `Fault: ${text}`, onclick: () => switchOn(rule, place) }), el("span", { class: "fault-text" }, text), el("span", { class: "quiet" }, "off"), el("button", { class: "icon-button", type: "button", "aria-label": `Forget: ${text}`, onclick: () => { forget(place); load(); } }, icon("close"))))),
    faults.length || kept().length ? null : el("p", { class: "quiet" }, "Every call is answered as the rules say, and every notification is sent."),
    more("fault-form", "One more", faultForm()));
}

function faultForm() {
  const list = el("datalist", { id: "operations" });
  const form = el("form", { class: "fault-form", onsubmit: (event) => addFault(event, form) },
    FIELDS.map(([name, label, example]) => el("div", { class: "field" }, el("label", { for: `fault-${name}` }, label), el("input", { id: `fault-${name}`, placeholder: example, autocomplete: "off", spellcheck: "false", list: name === "operation" ? "operations" : null, onfocus: name === "operation" ? () => fillOperations(list) : null, inputmode: NUMBERS.has(name) ? "decimal" : null }))), list,
    choice("answer", "The answer is", ANSWERS, "whole"), choice("notification", "Notifications are", NOTIFICATIONS, "sent"),
    el("div", { class: "row fault-end" }, el("input", { id: "fault-lost", type: "checkbox" }), el("label", { for: "fault-lost" }, "Carried out, and the answer is lost"), el("button", { class: "primary" }, "Add")));
  return form;
}

function choice(name, label, values, without) {
  return el("div", { class: "field" }, el("label", { for: `fault-${name}` }, label), el("select", { id: `fault-${name}` }, el("option", { value: "" }, without), values.map((value) => el("option", { value }, value))));
}

async function fillOperations(list) {
  if (list.firstChild) return;
  const text = await state.app.api.text("/contract.yaml");
  refill(list, [...new Set([...text.matchAll(/^ *operationId: *(\w+)/gm)].map(([, name]) => name))].map((value) => el("option", { value })));
}

async function addFault(event, form) {
  event.preventDefault();
  const rule = {};
  for (const name of [...FIELDS.map(([each]) => each), "answer", "notification"]) {
    const value = form.querySelector(`#fault-${name}`).value.trim();
    if (value) rule[name] = NUMBERS.has(name) && !Number.isNaN(Number(value)) ? Number(value) : value;
  }
  if (form.querySelector("#fault-lost").checked) rule.lost = true;
  if (await act("Add a fault", "POST", "/faults", rule)) form.reset();
}

async function switchOff(fault, place) {
  const { left, met, carried_out: _, text, ...rule } = fault;
  const said = Object.fromEntries(Object.entries(rule).filter(([name, value]) => value !== null && !(name === "share" && value === 1) && !(name === "seed" && value === 0) && !(name === "delay" && value === 0) && value !== false && !(["pieces", "pause"].includes(name) && rule.answer !== "slow")));
  const before = kept();
  keep([...before, { rule: said, text }]);
  if (!(await act(`Switch a fault off: ${text}`, "DELETE", `/faults/${place + 1}`))) { keep(before); load(); }
}

async function switchOn(rule, place) {
  if (await act("Switch a fault on", "POST", "/faults", rule)) { forget(place); load(); }
}

function forget(place) {
  keep(kept().filter((_, at) => at !== place));
}

// --- limits ---------------------------------------------------------------------------------------

function limitsCard(limits) {
  const form = el("form", { class: "limit-form", onsubmit: (event) => {
    event.preventDefault();
    const given = {};
    for (const name of Object.keys(limits)) {
      const value = form.querySelector(`#limit-${name}`).value.trim();
      if (value) given[name] = Number.isNaN(Number(value)) ? value : Number(value);
    }
    act("Set the limits", "PUT", "/limits", given);
  } },
    Object.entries(limits).map(([name, value]) => el("div", { class: "field" }, el("label", { for: `limit-${name}` }, name), el("input", { id: `limit-${name}`, inputmode: "numeric", placeholder: "none", autocomplete: "off", value: value ?? "", size: "6" }))),
    el("div", { class: "row limit-end" }, el("button", { class: "primary" }, "Set"), el("button", { class: "button", type: "button", onclick: () => act("Hold the world to RingCentral's limits", "PUT", "/limits", { profile: "ringcentral" }) }, "As RingCentral's"), el("button", { class: "button", type: "button", onclick: () => act("Hold the world to no limits", "PUT", "/limits", {}) }, "None")));
  return card("Limits", el("span", { class: "quiet" }, "calls a minute"), form);
}

// --- subscriptions --------------------------------------------------------------------------------

function subscriptionsCard(subscriptions) {
  return card("Subscriptions", el("button", { class: "quiet-button", type: "button", onclick: () => act("Close every WebSocket", "DELETE", "/websockets") }, "Close WebSockets"),
    subscriptions.length ? el("ul", { class: "plain-list" }, subscriptions.map(subscription)) : el("p", { class: "quiet" }, "Nobody has subscribed. POST /restapi/v1.0/subscription makes one; each notification and each attempt is then listed here."));
}

function subscription(one) {
  const latest = one.notifications.slice(-SHOWN_ATTEMPTS).reverse();
  const failed = one.notifications.filter(({ arrived }) => !arrived).length;
  return el("li", { class: "subscription" },
    el("div", { class: "row" }, el("span", { class: "tag" }, one.transport), el("strong", { class: "address" }, one.address ?? "a connection"), el("span", { class: "quiet" }, "of ", el("a", { href: state.app.address(`/conversations/${one.owner}`) }, one.owner))),
    el("p", { class: "mono address" }, one.filters.join(" ")),
    el("p", { class: "quiet num" }, `expires ${moment(one.expires)}`),
    one.blacklisted ? el("p", { class: "bad" }, `Given up: ${one.blacklisted}`) : null,
    one.notifications.length ? more(`subscription-${one.id}`, [several(one.notifications.length + one.left_out, "notification"), failed ? `, ${count(failed)} failed` : ""].join(""), el("ol", { class: "plain-list" }, latest.map((note) => attempt(state.app, { ...note, subscription: one.id, transport: one.transport, address: null, owner: null }, note.at, state.sent))),
      one.notifications.length + one.left_out > latest.length ? el("p", { class: "quiet" }, `The latest ${latest.length}.`) : null) : el("p", { class: "quiet" }, "No notification yet."));
}
