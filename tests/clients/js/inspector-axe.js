// Every page of the inspector in both schemes, narrow and wide: what axe finds, whether anything stands beyond the window,
// whether the keyboard reaches everything, and whether an update takes the focus away.

const fs = require("node:fs");
const { chromium } = require("playwright-core");
const { tell, run } = require("./story.js");
const table = require("./inspector-table.js");
const { made } = require("./inspector-world.js");

const [server, name, token, phone, number, executablePath, folder] = process.argv.slice(2);
const WIDTHS = [400, 1440];
const SCHEMES = ["light", "dark"];
const COLOURS = ["color-contrast", "link-in-text-block"];
const EDGES = [360, 2560];
const TALLEST = 3000;
/** Pages through which the tabulator goes from the first to the last stop. */
const WALKED = new Set(["conversation", "thread", "world"]);
const STOPS = "a[href], button, input, select, textarea, summary, [tabindex]";

/** In the page: remembers what listens to a mouse. */
function watched() {
  const add = EventTarget.prototype.addEventListener;
  globalThis.pressed = [];
  EventTarget.prototype.addEventListener = function listened(type, ...rest) {
    if (["click", "dblclick", "mousedown", "pointerdown"].includes(type) && this instanceof Element) globalThis.pressed.push(this);
    return add.call(this, type, ...rest);
  };
}

/** What the tabulator has to stop at, and what it stopped at: counted, and the first that it left out. */
async function walked(page) {
  const wanted = await page.evaluate((stops) => {
    document.activeElement.blur();
    const all = [...document.querySelectorAll(stops)].filter((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true }));
    all.forEach((each, at) => { each.walkedAs = at; });
    return all.length;
  }, STOPS);
  const reached = new Set();
  for (let step = 0; step < wanted + 5 && reached.size < wanted; step += 1) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => document.activeElement.walkedAs));
  }
  const left = await page.evaluate(([stops, known]) => [...document.querySelectorAll(stops)].filter(({ walkedAs }) => walkedAs !== undefined && !known.includes(walkedAs)).map(({ outerHTML }) => outerHTML.slice(0, 120)), [STOPS, [...reached]]);
  return { steps: reached.size, left: left.slice(0, 5) };
}

const focused = () => {
  const node = document.activeElement;
  return node === document.body ? "nothing" : [node.tagName, node.id, node.getAttribute("href") ?? "", node.getAttribute("aria-label") ?? node.textContent.slice(0, 40)].join(" ");
};

/** What had the focus before something happened in the world, and what has it once the page has shown that. */
async function kept(page, world) {
  const before = await page.evaluate((stops) => {
    const all = [...document.querySelectorAll(`main :is(${stops})`)].filter((each) => each.tabIndex >= 0 && each.checkVisibility());
    all[Math.floor(all.length / 2)]?.focus();
  }, STOPS).then(() => page.evaluate(focused));
  const told = page.waitForResponse((answer) => answer.url().includes("/_mock/") && answer.request().method() === "GET" && !answer.url().includes("/events"), { timeout: 10000 });
  await world.write(world.phone, world.number, "while it has the focus");
  await world.sms(world.phone, "and here, too", world.number);
  await world.call("POST", "/_mock/clock/advance", { seconds: 1 });
  await (await told).finished();
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  return { before, after: await page.evaluate(focused) };
}

/** Of the pages each commit lets axe read every other; whoever wants pictures, or chooses no turn, all. */
function isInTurn(place) {
  const turn = process.env.RINGMOCK_TURN;
  return folder !== undefined || turn === undefined || place % 2 === Number(turn) % 2;
}

run(async () => {
  const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  const world = await made(server, name, token, phone, number);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    // The policy of the page lets no script in but its own: the test's is let in by the browser.
    const context = await browser.newContext({ bypassCSP: true, viewport: { width: 1440, height: 900 } });
    await context.addInitScript(watched);
    const page = await context.newPage();
    const wrong = [];
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
    const [violations, beyond, mouse, left, steps, focus] = [{}, {}, {}, {}, {}, {}];
    for (const [place, each] of table(world).entries()) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.goto(`${server}/_mock/ui${each.path}${each.path.includes("?") ? "&" : "?"}world=${name}`);
      await page.locator(each.ready).first().waitFor({ timeout: 30000 });
      await page.evaluate(axe);
      for (const scheme of isInTurn(place) ? SCHEMES : []) {
        await page.emulateMedia({ colorScheme: scheme });
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          // A scheme changes colours and nothing else.
          const rules = scheme === SCHEMES[0] ? {} : { runOnly: { type: "rule", values: COLOURS } };
          const found = await page.evaluate((some) => globalThis.axe.run(document, { resultTypes: ["violations"], ...some }), rules);
          violations[`${each.name} ${scheme} ${width}`] = found.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary.split("\n").slice(1, 2)}`).join(" | ")}`);
          if (folder) await pictured(page, `${folder}/${each.name}-${width}-${scheme}.png`, width);
        }
      }
      for (const width of EDGES) {
        await page.setViewportSize({ width, height: 900 });
        beyond[`${each.name} ${width}`] = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      }
      await page.setViewportSize({ width: 1440, height: 900 });
      mouse[each.name] = await page.evaluate((stops) => globalThis.pressed.filter((node) => node.isConnected && !node.matches(`${stops}, label, dialog`) && !node.closest(".swagger")).map(({ outerHTML }) => outerHTML.slice(0, 120)).slice(0, 3), STOPS);
      if (WALKED.has(each.name)) ({ steps: steps[each.name], left: left[each.name] } = await walked(page));
      if (!each.isStill) focus[each.name] = await kept(page, world);
    }
    tell("violations", violations);
    tell("beyond the window", beyond);
    tell("by mouse alone", mouse);
    tell("not reached", left);
    tell("steps", steps);
    tell("focus", focus);
    tell("wrong", wrong);
  } finally {
    await browser.close();
    world.end();
  }
});

/** A picture of the whole page, as far as it goes. */
async function pictured(page, path, width) {
  const height = await page.evaluate(() => document.querySelector("header").offsetHeight + document.querySelector("main").scrollHeight);
  await page.setViewportSize({ width, height: Math.min(TALLEST, Math.max(900, height)) });
  await page.screenshot({ path });
}
