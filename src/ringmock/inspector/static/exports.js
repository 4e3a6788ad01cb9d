// What was done in a world, as a file: here where the browser can write it, and by a command where it has to be tried.

import { el, problem, refill } from "./dom.js";
import { block, exactly } from "./parts.js";

const COMMANDS_AT_A_TIME = 500;
const CALLS_AT_A_TIME = 100;
const PATH = "\n  /history/commands:";
const FORMATS = [
  ["history", "jsonl", "History", "from which `ringmock replay` does the same again", historyOf],
  ["har", "har", "HAR", "the calls of the journal, for the tools of browsers and proxies", harOf],
  ["curl", "sh", "curl", "a script that does the calls again", null],
  ["case", "yaml", "Contract case", "that expects the answers that came, and is tried on a fresh server", null],
  ["pytest", "py", "pytest", "a test that does the calls again", null],
];

/** A part of the page of a world, which shows nothing where the server exports nothing. */
export const exports = { key: "exports", title: "Exports", mount };

async function mount(node, app) {
  node.hidden = true;
  const said = await app.api.text("/openapi.yaml");
  if (!said.includes(PATH)) return;
  node.hidden = false;
  const problems = el("div", { class: "problems", role: "status" });
  const name = app.world || "default";
  node.append(
    el("p", { class: "quiet" }, "What was done in this world, to keep, to look at elsewhere, or to do again."),
    problems,
    el("ul", { class: "plain-list" }, FORMATS.map(([format, ending, title, about, write]) => el("li", { class: "export", dataset: { key: `export-${format}` } },
      el("div", { class: "row" }, el("strong", {}, title), el("span", { class: "quiet" }, about), write ? el("button", { class: "button", type: "button", "aria-label": `Download the ${title}`, onclick: () => download(app, problems, `${name}.${ending}`, write) }, "Download") : null),
      block(app, `The command that exports ${title}`, `ringmock export --format ${format} --url ${location.origin}${app.api.base.replace(/\/_mock$/, "")} --client ${name} --output ${name}.${ending}`)))));
}

async function download(app, problems, name, write) {
  try {
    const address = URL.createObjectURL(new Blob([await write(app)], { type: "application/octet-stream" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
    URL.revokeObjectURL(address);
    refill(problems);
    app.announce(`${name} is downloaded`);
  } catch (error) {
    refill(problems, problem(error));
  }
}

/** The lines of an exported history. */
async function historyOf({ api }) {
  const lines = [];
  let after = 0;
  while (after !== null) {
    const { head, commands, next } = exactly(await api.text("/history/commands", { after, limit: COMMANDS_AT_A_TIME }));
    lines.push(...(head ? [head] : []), ...commands);
    after = next;
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** The journal as HAR 1.2. */
async function harOf({ api, version }) {
  const entries = [];
  let after = 0;
  for (;;) {
    const calls = exactly(await api.text("/journal", { order: "oldest", after, limit: CALLS_AT_A_TIME, include: "text" }));
    entries.push(...calls.map(harEntry));
    if (calls.length < CALLS_AT_A_TIME) break;
    after = calls.at(-1).id;
  }
  return JSON.stringify({ log: { version: "1.2", creator: { name: "ringmock", version }, entries } }, null, 1);
}

function harEntry(call) {
  const { milliseconds, query, headers, body, answer } = call;
  const named = (pairs) => pairs.map(([name, value]) => ({ name, value: String(value) }));
  const text = (value) => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));
  const rules = [...new Set([...call.rules, ...call.recipients.map(({ rule }) => rule)])];
  return {
    startedDateTime: call.at,
    time: milliseconds,
    request: {
      method: call.method,
      url: `${location.origin}${call.path}${query.length ? `?${new URLSearchParams(query)}` : ""}`,
      httpVersion: "HTTP/1.1",
      cookies: [],
      headers: named(Object.entries(headers)),
      queryString: named(query),
      ...(body === null || body === undefined ? {} : { postData: { mimeType: headers["content-type"] ?? "", text: text(body) } }),
      headersSize: -1,
      bodySize: -1,
    },
    response: { status: call.status, statusText: "", httpVersion: "HTTP/1.1", cookies: [], headers: [], content: { size: text(answer).length, mimeType: typeof answer === "string" ? "text/plain" : "application/json", text: text(answer) }, redirectURL: "", headersSize: -1, bodySize: -1 },
    cache: {},
    timings: { send: 0, wait: milliseconds, receive: 0 },
    comment: [call.who ? `by extension ${call.who}` : "", rules.length ? `decided by ${rules.join(", ")}` : "", call.fault ? `met a fault on demand: ${call.fault}` : ""].filter(Boolean).join("; "),
  };
}
