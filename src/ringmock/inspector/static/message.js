// A message's life on one line, what became of it, its copies, and who was told.

import { el, fill, icon, problem, prose, refill } from "./dom.js";
import { bytes, isPhone, moment, number, several } from "./format.js";
import { attempt, block, callLink, createSections, eased, exactly, more, outcomeTag, ruleLink, statusTag, written } from "./parts.js";

const ORIGINS = { call: "Sent by a call", handset: "Written on a phone", fixture: "From the fixture", unknown: "Sent" };
let state;

/** Show the message of the address. */
export async function mount(main, params, app) {
  const box = el("div", { class: "content life" });
  fill(main, box);
  state = { app, box, sections: createSections(box), params };
  const again = eased(load);
  // What becomes of a notification is no event of the stream.
  const late = eased(load, 1200);
  state.sent = () => { again(); late(); };
  app.onLeave(() => { again.end(); late.end(); state = undefined; });
  app.onLive((data) => {
    if (data.messages || data.changed || data.clock || data.calls || data.account || data.reset || data.more || data.resumed) again();
  });
  await load();
}

/** Another message in the same place. */
export async function update(params) {
  state.params = params;
  state.sections.clear();
  await load();
}

async function load() {
  const here = state;
  if (!here) return;
  const { app, params } = here;
  const path = params.extension === "by-number" ? `/messages/by-number/${encodeURIComponent(params.id)}` : `/messages/${encodeURIComponent(params.id)}`;
  try {
    const life = exactly(await app.api.text(path));
    if (state === here && here.params === params) show(here, life);
  } catch (error) {
    if (state === here) { here.sections.clear(); refill(here.box, problem(error), el("p", {}, el("a", { href: app.address("/conversations") }, "To the conversations"))); }
  }
}

function show({ app, sections }, life) {
  app.setTitle(`Message from ${number(life.from)}`);
  const { now } = life;
  sections.show("head", [life.from, life.to, life.text, life.type, life.created, life.origin], () => head(app, life));
  sections.show("line", [events(life), now], () => line(app, life));
  sections.show("recipients", [life.recipients, life.recipients_are_kept], () => recipients(app, life));
  sections.show("copies", life.copies, () => copies(app, life));
  sections.show("calls", [life.calls, life.calls_left_out], () => calls(app, life));
  sections.show("notifications", life.notifications, () => notifications(app, life));
}

function head(app, life) {
  const kind = life.type === "SMS" && life.copies.some(({ attachments }) => attachments.length) ? "MMS" : life.type;
  return [
    el("div", { class: "page-head" }, el("h1", {}, `${kind} from `, party(app, life.from), " to ", several_of(app, life.to)), el("span", { class: "quiet num" }, moment(life.created))),
    el("blockquote", { class: "said" }, life.text || el("span", { class: "quiet" }, "No text")),
  ];
}

function several_of(app, all) {
  const shown = all.slice(0, 6).flatMap((each, at) => [at ? ", " : "", party(app, each)]);
  return all.length > 6 ? [...shown, ` and ${all.length - 6} more`] : shown;
}

function party(app, digits) {
  return el("a", { href: app.address(isPhone(digits) ? `/phones/${digits}` : `/conversations/${digits}`) }, number(digits));
}

// --- its life -------------------------------------------------------------------------------------

/** What has happened and what is due, in order: `{ at, title, kind, isPast, about }`. */
function events(life) {
  const found = [{ at: life.created, title: ORIGINS[life.origin], kind: "made", isPast: true, call: life.call }];
  const first = life.copies[0];
  for (const step of first?.steps ?? []) found.push({ at: step.at, title: step.status, kind: step.error || /Failed/.test(step.status) ? "bad" : "status", isPast: step.is_past, about: step.error ?? (step.attempts > 1 ? several(step.attempts, "attempt") : "") });
  life.recipients.forEach((each) => each.steps.slice(1).forEach((step) => found.push({ at: step.at, title: step.status, kind: step.error ? "bad" : "status", isPast: step.is_past, about: `${number(each.recipient)}${step.error ? ` ${step.error}` : ""}` })));
  for (const call of life.calls) if (call.set) for (const value of Object.values(call.set)) found.push({ at: call.at, title: String(value), kind: "change", isPast: true, about: `by ${call.who ?? "nobody"}`, call });
  for (const copy of life.copies) if (copy.ages) found.push({ at: copy.ages.at, title: copy.ages.becomes === "removed" ? "Removed" : copy.ages.becomes, kind: "change", isPast: false, about: copy.mailbox ? `mailbox ${copy.mailbox}` : "" });
  const told = new Map();
  for (const note of life.notifications) {
    const name = `${note.at} ${note.transport} ${note.arrived}`;
    const known = told.get(name);
    if (known) known.times += 1;
    else told.set(name, { at: note.at, title: note.transport === "WebHook" ? "Webhook" : "Push", kind: note.arrived ? "told" : "bad", isPast: true, about: note.arrived ? `to ${note.owner}` : note.failure ?? note.on_demand ?? "", times: 1 });
  }
  for (const note of told.values()) found.push({ ...note, about: note.times > 1 ? `${note.about}, ${note.times} times` : note.about });
  return found.map((each, place) => ({ ...each, place, since: place && place < (first?.steps.length ? 2 : 1) ? life.created : each.at })).sort((a, b) => (a.place && b.place ? (a.since < b.since ? -1 : a.since > b.since ? 1 : a.place - b.place) : a.place - b.place));
}

function line(app, life) {
  return [
    el("h2", {}, "Its life"),
    el("ol", { class: "lifeline", tabindex: "0", "aria-label": "What happened, and what is due" }, events(life).map((event) => el(
      "li",
      { class: `event ${event.kind} ${event.isPast ? "is-past" : "is-due"}` },
      el("span", { class: "event-title" }, event.call ? callLink(app, event.call.id, event.title) : event.title),
      el("span", { class: "event-time num" }, event.isPast ? moment(event.at, life.now) : `due ${moment(event.at, life.now)}`),
      event.about ? el("span", { class: "event-about" }, event.about) : null,
      event.kind === "made" && event.call ? el("span", { class: "event-about" }, `#${event.call.id} ${event.call.operation ?? ""}`) : null,
    ))),
  ];
}

// --- its parts ------------------------------------------------------------------------------------

function recipients(app, life) {
  if (!life.recipients_are_kept) return [el("h2", {}, "Recipients"), el("p", { class: "quiet" }, "The journal of messages has left this one out: what became of each recipient is not known any more. --max-journal-messages keeps more.")];
  return [
    el("h2", {}, "Recipients"),
    el("div", { class: "table-box recipients", tabindex: "0", role: "region", "aria-label": "Recipients" }, el("table", {},
      el("thead", {}, el("tr", {}, ["Recipient", "Outcome", "By", "Because"].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, life.recipients.map((each) => el("tr", {},
        el("td", { class: "party" }, party(app, each.recipient), each.mailbox && each.mailbox !== each.recipient ? [" in mailbox ", party(app, each.mailbox)] : null),
        el("td", {}, outcomeTag(each.outcome)),
        el("td", {}, ruleLink(app, each.rule)),
        el("td", { class: "sentence" }, prose(each.sentence ?? "")),
      ))),
    )),
  ];
}

function copies(app, life) {
  if (!life.copies.length) return [el("h2", {}, "Copies"), el("p", { class: "quiet" }, "It left none: nobody received it, and no mailbox of the account sent it.")];
  return [el("h2", {}, life.copies.length === 1 ? "Its copy" : several(life.copies.length, "copy", "copies")), el("div", { class: "copies" }, life.copies.map((copy) => copyCard(app, copy, life.copies.length === 1)))];
}

function copyCard(app, copy) {
  const key = `copy-${copy.id}`;
  return el(
    "article",
    { class: "card", "aria-label": `Copy ${copy.id}` },
    el("div", { class: "row" },
      el("h3", {}, placeOf(app, copy)),
      el("span", { class: "tag" }, copy.direction),
      el("span", { class: `tag ${/Failed/.test(copy.status) ? "bad" : "good"}` }, copy.status),
      copy.direction === "Inbound" ? el("span", { class: `tag ${copy.read_status === "Unread" ? "accent" : ""}` }, copy.read_status) : null,
      copy.availability === "Alive" ? null : el("span", { class: "tag warn" }, copy.is_removed ? "Removed" : copy.availability),
      el("span", { class: "quiet num" }, `id ${written(copy.id)}`),
    ),
    canChange(copy) ? el("div", { class: "row" }, changes(copy).map(([label, method, path, body]) => el("button", { class: "button", type: "button", "aria-label": `${label}: copy ${written(copy.id)}`, onclick: () => change(app, copy, label, method, path, body) }, label))) : null,
    copy.attachments.length ? el("ul", { class: "files" }, copy.attachments.map((file) => fileOf(app, copy, file))) : null,
    Object.entries(copy.resource).map(([generation, resource]) => more(`${key}-${generation}`, `As generation ${generation} answers it`, block(app, `Copy ${copy.id} in generation ${generation}`, written(resource)))),
  );
}

function placeOf(app, { mailbox, thread }) {
  if (mailbox) return ["Mailbox ", el("a", { href: app.address(`/conversations/${mailbox}`) }, mailbox)];
  return thread ? el("a", { href: app.address(`/threads/${thread}`) }, "Message thread") : "High-volume store";
}

/** As the mailbox's own extension may, by a call of the API. */
function canChange(copy) {
  return Boolean(copy.mailbox) && copy.availability !== "Purged" && !copy.is_removed;
}

function changes(copy) {
  const path = `/restapi/v1.0/account/~/extension/~/message-store/${written(copy.id)}`;
  const read = copy.read_status === "Unread" ? "Read" : "Unread";
  return [
    copy.direction === "Inbound" && copy.availability === "Alive" ? [`Mark as ${read.toLowerCase()}`, "PUT", path, { readStatus: read }] : null,
    copy.availability === "Alive" ? ["Delete", "DELETE", path, undefined] : ["Purge", "DELETE", `${path}?purge=true`, undefined],
  ].filter(Boolean);
}

async function change(app, copy, label, method, path, body) {
  try {
    await app.api.send(`${label}, as ${copy.mailbox}`, copy.mailbox, method, path, body);
  } catch (error) {
    app.announce(error.message);
  }
}

const PICTURES = /^image\/(png|jpeg|gif|webp|bmp)$/i;

function fileOf(app, copy, file) {
  const address = app.api.url(`/messages/${copy.id}/attachments/${file.id}`);
  const name = file.fileName || String(file.id);
  return el("li", {},
    PICTURES.test(file.contentType) ? el("a", { href: address, target: "_blank", rel: "noopener" }, el("img", { class: "picture", src: address, alt: name, loading: "lazy" })) : icon("file"),
    el("a", { href: address, target: "_blank", rel: "noopener" }, name),
    el("span", { class: "quiet" }, `${file.contentType}, ${bytes(file.size)}`),
  );
}

function calls(app, life) {
  if (!life.calls.length) return null;
  return [
    el("h2", {}, "Calls about it"),
    el("ul", { class: "plain-list" }, life.calls.map((call) => el("li", { class: "row" },
      callLink(app, call.id), statusTag(call.status), el("span", { class: "mono" }, call.operation ?? `${call.method} ${call.path}`),
      el("span", { class: "quiet" }, `by ${call.who ?? "nobody"}, ${moment(call.at, life.now)}`),
      call.set ? el("span", { class: "tag" }, Object.values(call.set).join(", ")) : null,
    ))),
    life.calls_left_out ? el("p", { class: "quiet" }, `And ${several(life.calls_left_out, "earlier call")}: `, el("a", { href: app.address("/calls", { message: life.copies[0].id }) }, "all of them")) : null,
  ];
}

function notifications(app, life) {
  return [el("h2", {}, "Webhooks and pushes"), life.notifications.length ? el("ul", { class: "plain-list" }, life.notifications.map((note, place) => attempt(app, note, place, state.sent))) : el("p", { class: "quiet" }, "No subscription was told of it.")];
}
