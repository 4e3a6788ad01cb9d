// Every call that the world has seen, live and filtered; and one of them with all that is known of it.

import { el, empty, fill, icon, problem, prose, refill } from "./dom.js";
import { duration, moment, several, time } from "./format.js";
import { createList } from "./list.js";
import { block, callLink, createSections, eased, exactly, facts, more, outcomeTag, renew, ruleLink, statusTag, written } from "./parts.js";

const FILTERS = ["operation", "who", "status", "refused_by", "text", "rule", "message"];
const REFUSED_BY = [["", "Any outcome"], ["any", "Refused, by anything"], ["contract", "Refused by the contract"], ["rules", "Refused by the rules"], ["faults", "Failed on demand"]];
const MOST_NAMED = 8;
const MOST_DIFFERENCES = 200;
const STATUSES = [["", "Any status"], ["2xx", "2xx"], ["4xx", "4xx"], ["5xx", "5xx"]];
let state;

/** Show the list, and the call of the address beside it. */
export async function mount(main, params, app) {
  const scroller = el("div", { class: "pane-body", tabindex: "0", role: "region", "aria-label": "Calls" });
  const rows = el("div", { class: "call-rows" });
  const pending = el("button", { class: "button pending", type: "button", hidden: true });
  const detail = el("div", { class: "pane-body call-detail", tabindex: "0", role: "region", "aria-label": "The call" });
  const problems = el("div", {});
  const findings = el("div", { class: "call-findings", hidden: true });
  const panes = el("div", { class: "panes calls-panes" },
    el("div", { class: "pane", dataset: { at: "0" } }, el("div", { class: "pane-head" }, el("h1", {}, "Calls"), el("span", { class: "quiet num", id: "call-count" })), filters(), findings, problems, pending, scroller),
    el("div", { class: "pane", dataset: { at: "1" } }, detail),
  );
  fill(scroller, rows);
  fill(main, panes);
  state = { app, panes, scroller, rows, detail, problems, findings, sections: createSections(el("div", {})), params, filter: {}, list: null, shownId: "" };
  pending.addEventListener("click", () => state.list.toNewest());
  state.pending = pending;
  const again = eased(() => state?.list?.arrived().catch(() => {}), 60);
  const lookAgain = eased(showFindings, 1000);
  app.onLeave(() => { again.end(); lookAgain.end(); state.list?.end(); state = undefined; });
  app.onLive((data) => {
    if (data.calls || data.reset || data.more || data.resumed) lookAgain();
    if (data.reset || data.more || data.resumed) begin();
    else if (data.calls) again();
  });
  app.addKeys("Calls", [
    { key: "j", label: "The next call", run: () => step(1) },
    { key: "k", label: "The call before", run: () => step(-1) },
    { key: "f", label: "Filter", run: () => document.querySelector("#call-text")?.focus() },
  ]);
  await Promise.all([update(params), showFindings()]);
}

/** What the client does that would hurt in production, in the calls that the journal keeps. */
async function showFindings() {
  const here = state;
  if (!here) return;
  const { findings } = await here.app.api.get("/findings");
  const said = JSON.stringify(findings);
  if (state !== here || here.foundSaid === said) return;
  here.foundSaid = said;
  renew(here.findings, () => (findings.length ? more("findings", `${several(findings.length, "finding")}: what would hurt in production`, findingsOf(here.app, findings)) : []));
}

function findingsOf(app, findings) {
  return el("ul", { class: "plain-list" }, findings.map((each) => el("li", {}, el("p", {}, prose(each.sentence)), el("p", { class: "quiet" }, "Calls ", each.calls.slice(0, MOST_NAMED).flatMap((number, at) => [at ? ", " : "", callLink(app, number)])))));
}

/** Another call, or another filter, in the same place. */
export async function update(params) {
  state.params = params;
  const filter = Object.fromEntries(FILTERS.filter((name) => params.query[name]).map((name) => [name, params.query[name]]));
  if (!state.list || JSON.stringify(filter) !== JSON.stringify(state.filter)) {
    state.filter = filter;
    fillFields(filter);
    await begin();
  }
  state.panes.dataset.depth = params.id ? "1" : "0";
  mark();
  await showCall(params.id);
}

// --- the list -------------------------------------------------------------------------------------

function filters() {
  const options = (list) => list.map(([value, said]) => el("option", { value }, said));
  const changed = eased(apply, 250);
  return el("form", { class: "call-filter", role: "search", "aria-label": "Filter calls", onsubmit: (event) => { event.preventDefault(); apply(); } },
    el("input", { id: "call-text", type: "search", "aria-label": "Text in address, request or answer", placeholder: "Text (f)", autocomplete: "off", spellcheck: "false", oninput: changed }),
    el("input", { id: "call-operation", "aria-label": "Operation", placeholder: "Operation", list: "call-operations", autocomplete: "off", spellcheck: "false", onchange: changed }),
    el("datalist", { id: "call-operations" }),
    el("input", { id: "call-who", "aria-label": "Caller's extension", placeholder: "Who", inputmode: "numeric", autocomplete: "off", onchange: changed }),
    el("select", { id: "call-status", "aria-label": "Status", onchange: changed }, options(STATUSES)),
    el("select", { id: "call-refused_by", "aria-label": "Refused by", onchange: changed }, options(REFUSED_BY)),
    el("button", { class: "quiet-button", type: "button", onclick: () => state.app.navigate(here(), { query: {} }) }, "Clear"),
  );
}

function here() {
  return state.params.id ? `/calls/${state.params.id}` : "/calls";
}

function field(name) {
  return state.panes.querySelector(`#call-${name}`);
}

function apply() {
  if (!state) return;
  const query = {};
  for (const name of FILTERS) {
    const value = field(name) ? field(name).value.trim() : state.filter[name];
    if (value) query[name] = value;
  }
  state.app.navigate(here(), { query, replace: true });
}

function fillFields(filter) {
  for (const name of FILTERS) {
    const node = field(name);
    if (!node || node === document.activeElement) continue;
    const value = filter[name] ?? "";
    if (node.tagName === "SELECT" && ![...node.options].some((option) => option.value === value)) node.append(el("option", { value }, name === "refused_by" ? `Refused by ${value}` : value));
    node.value = value;
  }
}

async function begin() {
  const mine = state;
  const { app, scroller, rows, filter } = mine;
  mine.list?.end();
  refill(rows);
  refill(mine.problems);
  const isFiltered = Object.keys(filter).length > 0;
  mine.list = createList({
    scroller,
    box: rows,
    newestFirst: true,
    fetch: (page) => fetchPage(app, filter, page),
    key: (call) => String(call.id),
    cursor: (call) => call.id,
    render: (call) => row(app, call),
    onPending: (count) => { mine.pending.hidden = !count; mine.pending.textContent = `${several(count, "new call")}: show`; },
    empty: () => isFiltered ? empty("No call is so", "Calls that are will be shown as they come.") : empty("No calls yet", "Send one, and it is here as it comes:", el("code", { class: "block" }, example(app))),
  });
  try {
    await mine.list.load();
    mark();
    operations();
  } catch (error) {
    if (state === mine) refill(mine.problems, problem(error));
  }
}

function example(app) {
  return `curl ${location.origin}${app.api.base.replace(/\/_mock$/, "")}/restapi/v1.0/account/~/extension/~/message-store -H "Authorization: Bearer $TOKEN"`;
}

/** The oldest first, as lists have them. */
async function fetchPage(app, filter, { limit, before, after, from }) {
  const beyond = limit + 1;
  if (after !== undefined || from !== undefined) {
    const calls = await app.api.get("/journal", { ...filter, limit: Math.min(beyond, 1000), order: "oldest", after: after ?? from - 1 });
    return { items: calls.slice(0, limit), older: null, newer: calls.length > limit ? calls[limit - 1].id : null };
  }
  const calls = await app.api.get("/journal", { ...filter, limit: beyond, before });
  return { items: calls.slice(0, limit).reverse(), older: calls.length > limit ? calls[limit - 1].id : null, newer: null };
}

function row(app, call) {
  const { filter } = state;
  return el("a", { class: "item call-row", href: app.address(`/calls/${call.id}`, filter), dataset: { id: call.id } },
    el("span", { class: "item-title" }, statusTag(call.status), el("span", { class: "mono" }, call.operation ?? call.path)),
    el("span", { class: "item-end" }, `${Math.round(call.milliseconds * 10) / 10} ms`),
    el("span", { class: "item-text" }, `${call.who ?? "nobody"} · ${call.method}${summary(call)}`),
    el("span", { class: "item-end" }, time(call.at)),
  );
}

function summary(call) {
  if (call.fault) return ` · ${call.fault}`;
  if (call.errors.length) return ` · ${call.errors[0].errorCode ?? ""} ${call.errors[0].message ?? ""}`;
  if (call.recipients.length) return ` · ${call.recipients.slice(0, 3).map(({ recipient, outcome }) => `${recipient} ${outcome}`).join(", ")}${call.recipients.length > 3 ? " …" : ""}`;
  return "";
}

function operations() {
  const known = new Set(state.list.items.map(({ operation }) => operation).filter(Boolean));
  refill(state.panes.querySelector("#call-operations"), [...known].sort().map((value) => el("option", { value })));
}

function mark() {
  for (const node of state.rows.querySelectorAll(".call-row")) {
    if (node.dataset.id === state.params.id) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
  }
}

function step(by) {
  const nodes = [...state.rows.querySelectorAll(".call-row")];
  const at = nodes.findIndex((node) => node.dataset.id === state.params.id);
  const next = nodes[at < 0 ? 0 : at + by];
  if (!next) return;
  next.scrollIntoView({ block: "nearest" });
  state.app.navigate(`/calls/${next.dataset.id}`, { query: state.filter });
}

// --- one call -------------------------------------------------------------------------------------

async function showCall(id) {
  const { app, detail } = state;
  if (state.shownId === (id ?? "none") && detail.firstChild) return;
  state.shownId = id ?? "none";
  detail.scrollTop = 0;
  if (!id) {
    refill(detail, empty("No call is chosen", "Choose one, or go along them with j and k."));
    return;
  }
  const path = `/journal/${encodeURIComponent(id)}`;
  try {
    const [call, why, found] = await Promise.all([app.api.text(path).then(exactly), app.api.text(`${path}/why`).then(exactly), app.api.get("/findings")]);
    if (state?.shownId !== id) return;
    app.setTitle(`Call ${id}`);
    refill(detail, el("div", { class: "call-parts" }, backLink(app), callParts(app, call, why, found.findings.filter(({ calls }) => calls.includes(call.id)))));
  } catch (error) {
    if (state?.shownId === id) refill(detail, backLink(app), problem(error));
  }
}

function backLink(app) {
  return el("a", { class: "quiet-button only-narrow", href: app.address("/calls", state.filter) }, icon("back"), "All calls");
}

function callParts(app, call, why, found) {
  return [
    el("div", { class: "page-head" }, el("h1", { class: "call-title" }, statusTag(call.status), " ", call.operation ?? `${call.method} ${call.path}`), el("span", { class: "quiet num" }, `#${call.id}`)),
    el("p", { class: "mono address" }, `${call.method} ${call.path}`),
    facts(["At", moment(call.at)], ["By", call.who ? el("a", { href: app.address(`/conversations/${call.who}`) }, call.who) : "nobody who was signed in"], ["Took", duration(call.milliseconds / 1000)],
      ["Refused by", call.refused_by], ["Fault", call.fault], ["Answer", call.lost ? "lost on demand: the caller never had it" : null], ["Did you mean", call.did_you_mean], ["Message", messageLink(app, call)]),
    found.length ? el("section", { class: "card warn-card" }, el("h2", {}, "What would hurt in production"), findingsOf(app, found)) : null,
    whyPart(app, call, why),
    why.repair ? repair(app, why.repair) : null,
    el("h2", {}, "The same again"),
    block(app, "The call as a command line", call.curl),
    el("div", { class: "row" },
      canBeSent(call) ? el("button", { class: "button", type: "button", onclick: () => sendAgain(app, call) }, icon("send"), `Send it again as ${call.who}`) : null,
      el("button", { class: "button", type: "button", onclick: (event) => compare(app, call, event.target) }, "Compare with the one before")),
    el("div", { class: "compared", role: "status" }),
    el("h2", {}, "Request"),
    call.query.length ? table("Query", call.query) : null,
    call.body === null || call.body === undefined ? el("p", { class: "quiet" }, call.body_left_out ? `A body of ${call.body_left_out} bytes, which is too long to be kept.` : "No body.") : block(app, "The body of the request", written(call.body)),
    more("headers", several(Object.keys(call.headers).length, "header"), table("Headers", Object.entries(call.headers))),
    el("h2", {}, "Answer"),
    call.answer === null || call.answer === undefined ? el("p", { class: "quiet" }, call.answer_left_out ? `${call.answer_left_out} bytes, which are too long to be kept.` : "No body.") : block(app, "The answer", written(call.answer)),
  ];
}

/** A call whose body is kept whole, of somebody who was signed in. */
function canBeSent(call) {
  return call.who !== null && call.path.startsWith("/restapi/") && !call.body_left_out && typeof call.body !== "string" && !Array.isArray(call.body?.parts);
}

async function sendAgain(app, call) {
  const query = call.query.length ? `?${new URLSearchParams(call.query)}` : "";
  try {
    await app.api.send(`${call.operation ?? call.path} sent again`, call.who, call.method, call.path + query, call.body ?? undefined);
  } catch (error) {
    app.announce(error.message);
  }
}

/** What is another than in the call of the same operation before it. */
async function compare(app, call, button) {
  const box = button.closest(".call-parts").querySelector(".compared");
  const [before] = await app.api.get("/journal", { operation: call.operation, before: call.id, limit: 1 });
  if (!before) {
    refill(box, el("p", { class: "quiet" }, "There was no call of this operation before."));
    return;
  }
  const other = exactly(await app.api.text(`/journal/${before.id}`));
  const [was, is] = [flat(other), flat(call)];
  const names = [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name));
  refill(box, el("p", {}, names.length ? `${several(names.length, "difference")} from call ` : "Nothing is another than in call ", callLink(app, before.id), names.length > MOST_DIFFERENCES ? `, the first ${MOST_DIFFERENCES}` : ""),
    names.length ? el("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": "Differences" }, el("table", { class: "pairs" },
      el("thead", {}, el("tr", {}, ["Where", `#${before.id}`, `#${call.id}`].map((said) => el("th", { scope: "col" }, said)))),
      el("tbody", {}, names.slice(0, MOST_DIFFERENCES).map((name) => el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: "mono" }, was.get(name) ?? "absent"), el("td", { class: "mono" }, is.get(name) ?? "absent")))))) : null);
}

/** What a call asked and was answered, each value by its place. */
function flat({ status, who, query, body, answer }) {
  const found = new Map();
  const add = (place, value) => {
    if (value !== null && typeof value === "object" && !JSON.isRawJSON?.(value)) for (const [name, each] of Object.entries(value)) add(`${place}.${name}`, each);
    else found.set(place, written(value) ?? "null");
  };
  add("status", status);
  add("who", who);
  for (const [name, value] of query) add(`query.${name}`, value);
  add("request", body);
  add("answer", answer);
  return found;
}

function messageLink(app, call) {
  const id = call.status < 300 && /^create(SMSMessage|MMS|InternalTextMessage)$/.test(call.operation ?? "") ? call.answer?.id : undefined;
  return id === undefined ? null : el("a", { href: app.address(`/messages/${written(id)}`) }, "Its life");
}

function whyPart(app, call, why) {
  if (!why.decided.length && !call.recipients.length) return null;
  const outcome = (about) => call.recipients.find(({ recipient, outcome: what }) => about === `${recipient} ${what}`)?.outcome;
  return [
    el("h2", {}, "Why"),
    el("ul", { class: "plain-list" }, why.decided.map((each) => el("li", { class: "why" },
      el("div", { class: "row" }, ruleLink(app, each.by), each.about ? el("span", { class: "num" }, outcome(each.about) ? [each.about.split(" ")[0], " ", outcomeTag(outcome(each.about))] : each.about) : null, each.where ? el("span", { class: "quiet mono" }, each.where) : null),
      el("p", {}, prose(each.sentence)),
    ))),
    call.more_recipients ? el("p", { class: "quiet" }, `And ${several(call.more_recipients, "more recipient")}.`) : null,
  ];
}

function repair(app, mended) {
  return el("section", { class: "card good-card" },
    el("h2", {}, "What would pass"),
    el("ul", { class: "plain-list" }, mended.changes.map((change) => el("li", {}, prose(change)))),
    block(app, "The repaired call as a command line", mended.curl),
    mended.body === null || mended.body === undefined ? null : more("repaired", "The repaired body", block(app, "The repaired body", written(mended.body))),
  );
}

function table(label, pairs) {
  return el("div", { class: "table-box", tabindex: "0", role: "region", "aria-label": label }, el("table", { class: "pairs" }, el("tbody", {}, pairs.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: "mono" }, value))))));
}
