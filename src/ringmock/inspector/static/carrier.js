// What carriers make of SMS to phones outside: the profiles of the world, and another one in front of them.

import { el, icon, problem, refill } from "./dom.js";
import { createSections, eased, more } from "./parts.js";

const FATES = [
  ["Delivered", "is delivered", [{ status: "Sent", after: 1 }, { status: "Delivered" }]],
  ["Sent", "is sent, and no receipt comes", [{ status: "Sent" }]],
  ["DeliveryFailed", "is sent and not delivered", [{ status: "Sent", after: 1 }, { status: "DeliveryFailed" }]],
  ["SendingFailed", "is not sent", [{ status: "SendingFailed" }]],
];
const ERRORS = ["SMS-CAR-411", "SMS-CAR-199", "SMS-UP-410", "SMS-UP-430", "SMS-RC-410"];
const USUAL_SECONDS = 5;
const LONGEST_PREFIX = 6;
let state;

/** A part of the page of a world. */
export const carrier = { key: "carrier", title: "Carriers", mount, onLive };

async function mount(node, app) {
  const problems = el("div", { class: "problems" });
  const box = el("div", { class: "carrier" });
  node.append(problems, box);
  const again = eased(load, 300);
  state = { app, problems, sections: createSections(box), again };
  app.onLeave(() => { again.end(); state = undefined; });
  await load();
}

function onLive(data) {
  if (data.account || data.reset || data.resumed) state?.again();
}

async function load() {
  const here = state;
  if (!here) return;
  try {
    const said = await here.app.api.get("/carrier");
    if (state !== here) return;
    here.said = said;
    here.sections.show("now", said, () => shown(said));
    here.sections.show("form", "", form);
  } catch (error) {
    if (state === here) refill(here.problems, problem(error));
  }
}

async function put(label, wanted) {
  const here = state;
  const body = wanted.profiles.length ? wanted : wanted.confirms_opt_outs ? { confirms_opt_outs: true } : {};
  try {
    await here.app.api.act(label, "PUT", "/carrier", body);
    if (state === here) refill(here.problems);
    return true;
  } catch (error) {
    if (state === here) refill(here.problems, problem(error));
    return false;
  } finally {
    if (state === here) await load();
  }
}

function now() {
  return state.said ?? { seed: 0, confirms_opt_outs: false, profiles: [] };
}

function shown(said) {
  const profiles = said?.profiles ?? [];
  const without = (place) => ({ ...now(), profiles: now().profiles.filter((_, at) => at !== place) });
  const confirms = (isOn) => put(isOn ? "Let carriers answer STOP" : "Let carriers answer STOP no more", { ...now(), confirms_opt_outs: isOn });
  return [
    el("p", { class: "quiet" }, profiles.length ? "The first one that a number falls under decides; to all others, SMS arrive." : "Every SMS to a phone outside arrives."),
    profiles.length ? el("ol", { class: "plain-list" }, profiles.map((profile, place) => el("li", { class: "fault", dataset: { key: `profile-${place}` } },
      el("span", { class: "fault-text" }, sentence(profile)),
      el("button", { class: "icon-button", type: "button", "aria-label": `Take out: ${sentence(profile)}`, onclick: () => put("Take a carrier profile out", without(place)) }, icon("close"))))) : null,
    el("div", { class: "row" }, el("input", { id: "carrier-confirms", type: "checkbox", checked: said?.confirms_opt_outs ?? false, onchange: (event) => confirms(event.target.checked) }), el("label", { for: "carrier-confirms" }, "STOP and START are answered")),
  ];
}

/** A profile in words. */
function sentence({ numbers, prefix, range, share, steps }) {
  const who = [numbers?.length ? numbers.join(", ") : "", prefix ? `${prefix}…` : "", range ? `${range.from} to ${range.to}` : ""].filter(Boolean).join(" and ") || "every number";
  const part = share === 1 ? "" : `, ${Math.round(share * 1000) / 10} % of them`;
  return `To ${who}${part}: ${steps.map(({ status, after, error, attempts }) => [status, after ? `after ${after} s` : "", attempts > 1 ? `at attempt ${attempts}` : "", error ? `(${error})` : ""].filter(Boolean).join(" ")).join(", then ")}`;
}

function form() {
  const field = (name, label, attributes) => el("div", { class: "field" }, el("label", { for: `carrier-${name}` }, label), el("input", { id: `carrier-${name}`, autocomplete: "off", spellcheck: "false", ...attributes }));
  return [more("carrier-form", "One more, before these", el("form", { class: "fault-form", onsubmit: add },
    field("to", "To numbers, or a prefix", { placeholder: "any; 14151003733; 1202", inputmode: "tel" }),
    el("div", { class: "field" }, el("label", { for: "carrier-fate" }, "An SMS"), el("select", { id: "carrier-fate" }, FATES.map(([value, said]) => el("option", { value, selected: value === "DeliveryFailed" }, said)))),
    field("after", "After seconds", { placeholder: String(USUAL_SECONDS), inputmode: "decimal" }),
    field("error", "Error code", { placeholder: "SMS-CAR-411", list: "carrier-errors" }), el("datalist", { id: "carrier-errors" }, ERRORS.map((value) => el("option", { value }))),
    field("share", "Share, 0 to 1", { placeholder: "1", inputmode: "decimal" }),
    el("div", { class: "row fault-end" }, el("button", { class: "primary" }, "Add"), el("button", { class: "button", type: "button", onclick: () => put("Let every SMS arrive", { ...now(), profiles: [] }) }, "Every SMS arrives"))))];
}

async function add(event) {
  event.preventDefault();
  const target = event.currentTarget;
  if (await put("Add a carrier profile", { ...now(), profiles: [profileOf((name) => target.querySelector(`#carrier-${name}`).value.trim()), ...now().profiles] })) target.reset();
}

function profileOf(value) {
  const [, , steps] = FATES.find(([name]) => name === value("fate"));
  const last = { ...steps.at(-1) };
  if (value("after")) last.after = asNumber(value("after"));
  else if (steps.length > 1) last.after = USUAL_SECONDS;
  if (/Failed/.test(last.status)) last.error = value("error") || (last.status === "SendingFailed" ? "SMS-UP-410" : "SMS-CAR-411");
  const to = value("to").split(/[\s,;]+/).filter(Boolean);
  const isPrefix = to.length === 1 && to[0].replaceAll(/\D/g, "").length <= LONGEST_PREFIX;
  return {
    ...(isPrefix ? { prefix: to[0] } : to.length ? { numbers: to } : {}),
    ...(value("share") ? { share: asNumber(value("share")) } : {}),
    steps: [...steps.slice(0, -1), last],
  };
}

function asNumber(text) {
  return Number.isNaN(Number(text)) ? text : Number(text);
}
