// Messages as bubbles: on the side of a mailbox, or of a phone outside.

import { el, icon } from "./dom.js";
import { bytes, day, number, several, time } from "./format.js";

const SHOWN_PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"]);
const REACHED = new Set(["delivered", "outside"]);
const STATUS = { DeliveryFailed: "bad", SendingFailed: "bad", Queued: "warn", Delivered: "good" };
const CLOSE_SECONDS = 300;

/**
 * The node of a message, with the day before it where that is another than that of `previous`. `side` is "mailbox" or
 * "phone"; `names` maps numbers of extensions and phones to what they are called.
 */
export function bubble(message, previous, { side, app, names }) {
  const isOwn = message.direction === "Outbound";
  const isSameDay = previous && previous.created.slice(0, 10) === message.created.slice(0, 10);
  const isClose = isSameDay && previous.from === message.from && previous.author?.number === message.author?.number && previous.opts_out == null && !message.changes_before?.length && (new Date(message.created) - new Date(previous.created)) / 1000 < CLOSE_SECONDS;
  return el(
    "div",
    { class: "message-box", dataset: { id: message.id ?? "" } },
    isSameDay ? null : el("div", { class: "day" }, el("span", {}, day(message.created))),
    message.changes_before?.map(changed) ?? null,
    el(
      "div",
      { class: `message ${isOwn ? "is-own" : ""} ${isClose ? "is-close" : ""} ${message.type === "Pager" ? "is-pager" : ""}` },
      isClose ? null : el("div", { class: "message-from" }, sender(message, names)),
      body(message, side, app),
      foot(message, side, app, names),
    ),
    mark(message, names),
    message.changes_after?.map(changed) ?? null,
  );
}

/** What has become of an extension in the conversation. */
function changed({ at, extension, before, status, department, joined }) {
  const who = `${extension.name || extension.number} (${extension.number})`;
  const where = department && (department.name || department.number);
  const what = department ? (joined ? `joined ${where}` : `was removed from ${where}`) : status === "Frozen" ? "was frozen" : before === "Frozen" && status === "Enabled" ? "was thawed" : `is ${status} now`;
  return el("div", { class: "system-mark is-plain" }, el("span", {}, `${who} ${what} `, el("time", { datetime: at, title: at }, time(at))));
}

/** What somebody is called: the name that is known, with the number. */
export function called(digits, names) {
  const name = names.get(digits);
  return name ? `${name} · ${number(digits)}` : number(digits);
}

function sender(message, names) {
  const { author } = message;
  return [el("span", {}, author ? `${author.name || author.number} · ${author.number}` : called(message.from, names)), author ? el("span", { class: "quiet" }, ` as ${number(message.from)}`) : null, message.to.length > 1 ? el("span", { class: "quiet" }, ` to ${message.to.map((each) => called(each, names)).join(", ")}`) : null];
}

function body(message, side, app) {
  const isGone = side === "mailbox" && message.availability === "Purged";
  const isDeleted = side === "mailbox" && message.availability === "Deleted";
  const files = message.attachments ?? [];
  const text = isGone ? el("em", {}, "Purged: its text and files are gone") : message.text_is_lost ? el("em", {}, "Its text was purged before anybody kept it") : message.text;
  return el(
    "div",
    { class: `bubble ${isDeleted || isGone ? "is-deleted" : ""}` },
    files.length ? el("div", { class: "files" }, files.map((file) => shownFile(file, app))) : null,
    message.text || isGone || message.text_is_lost || !files.length ? el(isDeleted ? "del" : "div", { class: "bubble-text" }, text) : null,
  );
}

function shownFile(file, app) {
  const address = app.api.url(file.path);
  if (SHOWN_PICTURES.has(file.contentType.split(";")[0].trim().toLowerCase())) {
    return el("a", { class: "picture", href: address, target: "_blank", rel: "noopener" }, el("img", { src: address, alt: file.fileName, loading: "lazy" }), el("span", { class: "picture-name" }, `${file.fileName} · ${bytes(file.size)}`));
  }
  return el("a", { class: "file", href: address, download: file.fileName, title: file.contentType }, icon("file"), el("span", { class: "file-name" }, file.fileName), el("span", { class: "file-size" }, `${file.contentType} · ${bytes(file.size)}`));
}

function foot(message, side, app, names) {
  const parts = [el("time", { datetime: message.created, title: message.created }, time(message.created))];
  if (side === "mailbox") {
    if (message.direction === "Outbound") parts.push(el("span", { class: STATUS[message.status] ?? "" }, message.status));
    else if (message.read_status === "Unread" && message.availability === "Alive") parts.push(el("strong", { class: "unread" }, "Unread"));
    if (message.availability !== "Alive") parts.push(el("span", { class: "bad" }, message.availability));
  }
  const more = whoElse(message, names);
  if (message.id && (message.mailbox || message.thread)) {
    parts.push(el("a", { href: app.address(message.mailbox ? `/messages/${message.mailbox}/${message.id}` : `/messages/${message.id}`), "aria-label": `Details of message ${message.id}` }, "Details"));
  }
  return [el("div", { class: "message-foot" }, parts), more];
}

/** What became of each recipient, where that is more than that all were reached. */
function whoElse(message, names) {
  const all = message.recipients ?? [];
  const missed = all.filter(({ outcome }) => !REACHED.has(outcome));
  if (!missed.length && all.length < 2) return null;
  return el(
    "details",
    { class: "outcomes", open: missed.length > 0, dataset: { key: "outcomes" } },
    el("summary", {}, missed.length ? `${several(all.length - missed.length, "recipient")} reached, ${missed.length} not` : `${several(all.length, "recipient")} reached`),
    el(
      "ul",
      {},
      all.map(({ recipient, outcome, rule, why }) =>
        el("li", {}, el("span", { class: "who" }, called(recipient, names)), el("span", { class: REACHED.has(outcome) ? "tag good" : "tag bad" }, outcome), el("span", { class: "tag", title: why }, rule), el("p", { class: "why" }, why)),
      ),
    ),
  );
}

function mark(message, names) {
  if (message.opts_out === null || message.opts_out === undefined) return null;
  const said = message.opts_out ? "opted out of messages from" : "takes messages again from";
  return el("div", { class: "system-mark" }, el("span", {}, `${called(message.from, names)} ${said} ${message.to.map((each) => called(each, names)).join(", ")}`));
}
