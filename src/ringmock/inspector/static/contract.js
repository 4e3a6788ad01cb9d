// The contract: both descriptions to browse and to try, and the rules with what has been exercised.

import { el, empty, fill, problem, prose, refill } from "./dom.js";
import { several } from "./format.js";
import { callLink, eased, renew } from "./parts.js";

const PARTS = [["api", "The API"], ["control", "The control API"], ["rules", "Rules and decisions"]];
let state;

/** Show the part of the address. */
export async function mount(main, params, app) {
  const links = PARTS.map(([part, label]) => el("a", { class: "tab", href: app.address(`/contract/${part}`), dataset: { part } }, label));
  const box = el("div", { class: "contract-part" });
  fill(main, el("div", { class: "content" }, el("div", { class: "page-head" }, el("h1", {}, "Contract"), el("nav", { class: "sub-tabs", "aria-label": "Parts of the contract" }, links)), box));
  state = { app, links, box, part: "" };
  const again = eased(() => state?.part === "rules" && showRules(), 400);
  app.onLeave(() => { again.end(); state = undefined; });
  app.onLive((data) => { if (data.calls || data.reset || data.resumed) again(); });
  await update(params);
}

/** Another part in the same place. */
export async function update(params) {
  const part = params.part ?? "api";
  for (const link of state.links) {
    if (link.dataset.part === part) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  state.rule = params.query.rule;
  if (state.part === part) return part === "rules" ? toRule() : undefined;
  state.part = part;
  refill(state.box, el("p", { class: "quiet", role: "status" }, "Loading …"));
  try {
    if (part === "rules") await showRules();
    else if (part === "api" || part === "control") await showDescription(part);
    else refill(state.box, empty("The contract has no such part"));
  } catch (error) {
    if (state?.part === part) refill(state.box, problem(error));
  }
}

// --- descriptions ---------------------------------------------------------------------------------

let loading;

/** The renderer, loaded by the first page that shows a description. */
function renderer(base) {
  loading ??= new Promise((done, failed) => {
    const files = `${base}/ui/static/swagger-ui`;
    document.head.prepend(el("link", { rel: "stylesheet", href: `${files}/swagger-ui.css` }));
    const script = el("script", { src: `${files}/swagger-ui-bundle.js` });
    script.onload = () => done(window.SwaggerUIBundle);
    script.onerror = () => { loading = undefined; failed(new Error("The renderer could not be loaded.")); };
    document.head.append(script);
  });
  return loading;
}

async function showDescription(part) {
  const here = state;
  const { app, box } = here;
  const bundle = await renderer(app.api.base);
  const people = part === "api" ? await app.api.get("/extensions", { limit: 1000 }) : null;
  if (state !== here || here.part !== part) return;
  const node = el("div", { class: "swagger" });
  const caller = { token: "", number: "" };
  refill(box, people ? callerBox(app, people.extensions, caller) : el("p", { class: "quiet" }, `Every call is about the world ${app.world || "default"}.`), el("h2", { class: "sr-only" }, "Operations"), node);
  const named = new MutationObserver(() => nameFields(node));
  named.observe(node, { childList: true, subtree: true });
  bundle({
    url: app.api.url(part === "api" ? "/contract.yaml" : "/openapi.yaml"),
    domNode: node,
    layout: "RingmockLayout",
    plugins: [ours(part === "api" ? app.api.base.replace(/\/_mock$/, "") || "/" : app.api.base)],
    docExpansion: "none",
    filter: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    validatorUrl: null,
    defaultModelsExpandDepth: -1,
    syntaxHighlight: { activated: false },
    requestInterceptor: async (request) => (request.loadSpec ? request : signed(app, part, caller, request)),
    onComplete: () => { node.dataset.ready = "true"; },
  });
}

/** Only the operations, on this server, whatever the description says of servers. */
function ours(root) {
  return ({ React }) => ({
    components: {
      RingmockLayout: ({ getComponent, specSelectors }) => React.createElement("div", { className: "swagger-ui" },
        specSelectors.loadingStatus() === "failed" ? React.createElement("p", null, "The description could not be loaded.") : null,
        React.createElement(getComponent("FilterContainer", true)),
        React.createElement(getComponent("operations", true))),
    },
    statePlugins: { spec: { wrapActions: { updateJsonSpec: (original) => (spec) => original({ ...spec, servers: [{ url: root }] }) } } },
  });
}

/** The renderer names some fields by what stands beside them alone, and lets some blocks be scrolled by a mouse alone. */
function nameFields(node) {
  for (const field of node.querySelectorAll("select:not([aria-label]), textarea:not([aria-label]), input:not([aria-label]):not([id])")) {
    if (field.closest("label") || (field.id && node.querySelector(`label[for="${CSS.escape(field.id)}"]`))) continue;
    const row = field.closest("tr");
    const name = row?.querySelector(".parameter__name, .response-col_status")?.textContent ?? field.closest(".opblock-section")?.querySelector("h4")?.textContent ?? field.placeholder;
    field.setAttribute("aria-label", `${field.matches(".examples-select-element") ? "Example of" : field.matches(".content-type, .response-control-media-type select") ? "Media type of" : "Value of"} ${name || "the request"}`);
  }
  for (const box of node.querySelectorAll("pre:not([tabindex])")) {
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", `${box.closest("tr")?.querySelector(".response-col_status")?.textContent ?? ""} ${box.matches(".curl") ? "Command line" : "Example or answer"} ${box.closest(".opblock")?.querySelector(".opblock-summary-path")?.textContent ?? ""}`.trim());
  }
}

function callerBox(app, extensions, caller) {
  const able = extensions.filter(({ status, type }) => status === "Enabled" && type !== "Voicemail");
  caller.number = able[0]?.number ?? "";
  return el("div", { class: "row caller-box" },
    el("label", { for: "caller" }, "Calls are made by"),
    el("select", { id: "caller", onchange: (event) => { caller.number = event.target.value; caller.token = ""; } }, able.map(({ number, name, type }) => el("option", { value: number }, `${number} ${name} (${type})`)), el("option", { value: "" }, "nobody")),
    el("span", { class: "quiet" }, `An access token is made with the first call, in the world ${app.world || "default"}.`));
}

async function signed(app, part, caller, request) {
  if (part === "control") {
    if (app.world) request.headers["X-Ringmock-World"] ??= app.world;
    return request;
  }
  const isSigned = Object.keys(request.headers).some((name) => name.toLowerCase() === "authorization");
  if (isSigned || !caller.number || /\/oauth\//.test(request.url)) return request;
  caller.token ||= (await app.api.act(`Sign in as ${caller.number}`, "POST", "/tokens", { extension: caller.number })).access_token;
  request.headers.Authorization = `Bearer ${caller.token}`;
  return request;
}

// --- rules ----------------------------------------------------------------------------------------

async function showRules() {
  const here = state;
  const said = await here.app.api.get("/rulebook");
  if (state !== here || here.part !== "rules") return;
  const text = JSON.stringify(said);
  if (here.said === text && here.box.querySelector(".rules")) return;
  here.said = text;
  const isFirst = !here.box.querySelector(".rules");
  renew(here.box, () => [
    el("p", { class: "quiet" }, said.is_counted ? "Marked: exercised by anybody since the server counts (--coverage). " : "The numbers count the calls of this world that each has decided, of those that the journal keeps. A server that is started with --coverage also marks what any client has exercised. ",
      said.is_counted ? el("a", { href: here.app.api.url("/coverage.html"), target: "_blank", rel: "noopener" }, "The whole report") : null),
    el("div", { class: "rules" }, rules(here.app, "Rules", said.rules, said.is_counted), rules(here.app, "Decisions", said.decisions, said.is_counted)),
  ]);
  if (isFirst) toRule();
}

function rules(app, title, list, isCounted) {
  const met = list.filter(({ calls, is_exercised: is }) => (isCounted ? is : calls)).length;
  return [
    el("div", { class: "page-head" }, el("h2", {}, title), el("span", { class: "quiet num" }, `${met} of ${list.length} exercised`)),
    el("ol", { class: "rule-list" }, list.map((each) => el("li", { id: each.id, class: "rule", tabindex: "-1", dataset: { key: each.id } },
      el("span", { class: "tag accent num" }, each.id),
      el("div", {}, each.question ? el("p", { class: "question" }, prose(each.question)) : null, el("p", {}, prose(each.sentence ?? each.decision)), el("p", { class: "quiet mono" }, each.home)),
      el("div", { class: "rule-met" },
        each.is_exercised === null ? null : el("span", { class: `tag ${each.is_exercised ? "good" : ""}` }, each.is_exercised ? "exercised" : "not yet"),
        each.calls ? el("a", { class: "num", href: app.address("/calls", { rule: each.id }) }, several(each.calls, "call")) : el("span", { class: "quiet" }, "no call"),
        each.latest_call ? el("span", { class: "quiet" }, "latest ", callLink(app, each.latest_call)) : null),
    ))),
  ];
}

function toRule() {
  if (!state.rule) return;
  const node = document.getElementById(state.rule);
  node?.scrollIntoView({ block: "center" });
  node?.focus({ preventScroll: true });
}
