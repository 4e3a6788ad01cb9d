// What was done in a world, as a file, and the command that writes and tries it.

import { el, problem, prose, refill } from "./dom.js";
import { several } from "./format.js";
import { block } from "./parts.js";

const PATH = "\n  /history/export:";
const FORMATS = [
  ["history", "jsonl", "History", "from which `ringmock replay` does the same again"],
  ["har", "har", "HAR", "the calls of the journal, for the tools of browsers and proxies"],
  ["curl", "sh", "curl script", "that does the calls again"],
  ["case", "yaml", "Contract case", "that expects the answers that came; the command tries it on a fresh server"],
  ["pytest", "py", "pytest file", "that does the calls again and expects the answers that came"],
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
    el("ul", { class: "plain-list" }, FORMATS.map(([format, ending, title, about]) => el("li", { class: "export", dataset: { key: `export-${format}` } },
      el("div", { class: "row" }, el("strong", {}, title), el("span", { class: "quiet" }, prose(about)), el("button", { class: "button", type: "button", "aria-label": `Download the ${title}`, onclick: () => download(app, problems, format) }, "Download")),
      block(app, `The command that exports ${title}`, `ringmock export --format ${format} --url ${location.origin}${app.api.base.replace(/\/_mock$/, "")} --client ${name} --output ${name}.${ending}`)))));
}

async function download(app, problems, format) {
  try {
    const { file, text, left_out: missing } = await app.api.get("/history/export", { format });
    const address = URL.createObjectURL(new Blob([text], { type: "application/octet-stream" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = file;
    link.click();
    URL.revokeObjectURL(address);
    refill(problems, missing.length ? el("div", { class: "quiet" }, el("p", {}, `${file} is without ${several(missing.length, "thing")}:`), el("ul", {}, missing.map((each) => el("li", {}, each)))) : null);
    app.announce(`${file} is downloaded`);
  } catch (error) {
    refill(problems, problem(error));
  }
}
