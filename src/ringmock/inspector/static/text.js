// The text ruler: how long a text is by the server's own rules, how it travels, and which character tipped it.

import { el, fill, problem, refill } from "./dom.js";
import { count, several } from "./format.js";
import { block, eased } from "./parts.js";

const MOST = 20000;
let state;

/** Show the ruler, with the text of the address. */
export function mount(main, params, app) {
  const field = el("textarea", { id: "ruler-text", rows: "6", maxlength: String(MOST), spellcheck: "false", placeholder: "Type or paste a text", value: params.query.text ?? "" });
  const found = el("div", { class: "ruler-found" });
  const measure = eased(work, 60);
  field.addEventListener("input", measure);
  fill(main, el("div", { class: "content" },
    el("div", { class: "page-head" }, el("h1", {}, "Text ruler")),
    el("div", { class: "field" }, el("label", { for: "ruler-text" }, "A text"), field),
    el("div", { class: "row", role: "group", "aria-label": "Examples" }, el("span", { class: "quiet" }, "Try"), EXAMPLES.map(([name, text]) => el("button", { class: "button", type: "button", onclick: () => { field.value = text; work(); } }, name))),
    found,
  ));
  state = { app, field, found };
  app.onLeave(() => { measure.end(); state = undefined; });
  app.addKeys("Text", [{ key: "e", label: "Edit the text", run: () => field.focus() }]);
  return work();
}

const EXAMPLES = [
  ["160 of GSM-7", "Your table for two is booked at 19:30 today. Reply C to cancel, or call us. ".padEnd(160, ".")],
  ["One euro too many", `${"a".repeat(159)}€`],
  ["One emoji", "Your parcel has arrived 📦 and waits for you at the desk until Friday evening, 18:00. Bring an id, please."],
  ["Just too long for SMS", "0123456789".repeat(100) + "!"],
];

async function work() {
  const here = state;
  if (!here) return;
  const text = here.field.value;
  try {
    // Measuring changes nothing, so it is no action; its command line stands below.
    const said = await here.app.api.ask("/text-measures", { text });
    if (state === here && here.field.value === text) show(here, text, said);
  } catch (error) {
    if (state === here) refill(here.found, problem(error));
  }
}

function show({ app, found }, text, said) {
  const unit = said.encoding === "GSM-7" ? "septet" : "unit";
  refill(
    found,
    el("dl", { class: "figures" },
      figure("UTF-16 units", count(said.utf16_units), several(said.characters, "character")),
      figure("Travels as", said.encoding, several(said.units, unit)),
      figure("Segments", count(said.segments.length), `${said.units_per_segment} ${unit}s each`),
      said.limits.map((limit) => figure(`As ${limit.type === "SMS" ? "an SMS" : "a page"}`, limit.over ? `${count(limit.over)} too many` : "fits", `${count(said.utf16_units)} of ${count(limit.most)}, ${limit.rule}`, limit.over ? "bad" : "good")),
    ),
    tips(said),
    el("div", {}, el("h2", {}, "Segment by segment"), preview(text, said)),
    el("div", {}, el("h2", {}, "The same as a command line"), block(app, "The measure as a command line", app.api.curl("POST", "/text-measures", { text }))),
  );
}

function figure(name, value, about, kind = "") {
  return el("div", { class: "figure" }, el("dt", {}, name), el("dd", { class: `figure-value num ${kind}` }, value), el("dd", { class: "quiet num" }, about));
}

function tips(said) {
  const found = [];
  if (said.tipped_to_ucs_2) found.push(["warn", "UCS-2 because of", said.tipped_to_ucs_2, "GSM-7 does not have it: each segment holds 67 units instead of 153."]);
  for (const { type, most, over, tipped } of said.limits) if (tipped) found.push(["bad", `Too long for ${type === "SMS" ? "an SMS" : "a page"} from`, tipped, `${count(over)} of ${count(most + over)} units are beyond the limit of ${count(most)}.`]);
  if (!found.length) return el("p", { class: "quiet" }, "Nothing tipped it: GSM-7 has every character, and it fits an SMS and a page.");
  return el("ul", { class: "plain-list" }, found.map(([kind, title, tipped, about]) => el("li", { class: "row" }, el("span", { class: `tag ${kind}` }, title), el("span", { class: "character" }, shown(tipped.character)), el("span", { class: "mono" }, `${tipped.code} ${tipped.name}`), el("span", { class: "quiet num" }, `at ${count(tipped.at)}. ${about}`))));
}

/** What can be seen of a character. */
function shown(character) {
  return /^[\s\p{C}]$/u.test(character) ? "␣" : character;
}

function preview(text, said) {
  if (!text) return el("p", { class: "quiet" }, "An empty text is one segment of nothing. An SMS needs a text or a file.");
  const over = said.limits.map(({ tipped }) => tipped?.at ?? Infinity);
  const tip = said.tipped_to_ucs_2;
  const starts = new Set(said.segments.map(({ start }) => start));
  const cuts = [...new Set([...starts, ...over.filter(Number.isFinite), ...(tip ? [tip.at, tip.at + tip.character.length] : []), text.length])].sort((a, b) => a - b);
  let segment = -1;
  const pieces = [];
  cuts.slice(0, -1).forEach((at, place) => {
    if (starts.has(at)) {
      segment += 1;
      pieces.push(el("span", { class: "segment-number num", "aria-hidden": "true" }, `${segment + 1}`));
    }
    const piece = text.slice(at, cuts[place + 1]);
    const isTip = tip?.at === at;
    const beyond = over.filter((limit) => at >= limit).length;
    pieces.push(el(isTip || beyond ? "mark" : "span", { class: [segment % 2 ? "is-odd" : "is-even", isTip ? "is-tip" : "", beyond ? "is-over" : ""].join(" ") }, piece));
  });
  return el("div", { class: "ruler-preview", tabindex: "0", role: "region", "aria-label": "The text by segments" }, pieces);
}
