// What benchmarks/inspector.py measures in Chromium.

const { execFile } = require("node:child_process");
const { promisify } = require("node:util");
const { chromium } = require("playwright-core");

const run = promisify(execFile);
const [server, executablePath, phone, number, needle, live, calls, rounds] = process.argv.slice(2);
const AT_A_TIME = 16;
const SMS = `${server}/restapi/v1.0/account/~/extension/~/sms`;
const HEADERS = { Authorization: "Bearer demo-101", "Content-Type": "application/json" };

const body = (text) => JSON.stringify({ from: { phoneNumber: number }, to: [{ phoneNumber: phone }], text });
const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => sorted(values)[Math.floor(values.length / 2)];

function say(what, values, unit = "ms") {
  console.log(`${what.padEnd(58)} ${Math.round(median(values)).toLocaleString("en").padStart(8)} ${unit}   (${sorted(values).map((value) => Math.round(value)).filter((_, at, all) => at === 0 || at === all.length - 1).join(" to ")})`);
}

async function send(text) {
  const answer = await fetch(SMS, { method: "POST", headers: HEADERS, body: body(text) });
  if (!answer.ok) throw new Error(await answer.text());
  await answer.arrayBuffer();
}

/** Milliseconds from the navigation to the first paint, and to the moment at which `ready` is there. */
async function opened(browser, path, ready) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript((selector) => {
    new MutationObserver((_, watching) => {
      if (!document.querySelector(selector)) return;
      watching.disconnect();
      requestAnimationFrame(() => { globalThis.readyAt = performance.now(); });
    }).observe(document, { childList: true, subtree: true });
  }, ready);
  await page.goto(`${server}/_mock/ui${path}`);
  await page.waitForFunction(() => globalThis.readyAt && performance.getEntriesByName("first-contentful-paint").length);
  const times = await page.evaluate(() => [performance.getEntriesByName("first-contentful-paint")[0].startTime, globalThis.readyAt]);
  await page.close();
  return times;
}

async function openings(browser, what, path, ready) {
  const times = [];
  for (let round = 0; round < rounds; round += 1) times.push(await opened(browser, path, ready));
  say(`${what}: first paint`, times.map(([paint]) => paint));
  say(`${what}: what it is about is there`, times.map(([, there]) => there));
}

/** Milliseconds from Enter in the field above to what was found on the screen. */
async function searches(browser, what, text) {
  const page = await browser.newPage();
  await page.goto(`${server}/_mock/ui/worlds`);
  await page.locator("tbody tr").first().waitFor();
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    await page.locator("#search-field").fill(text);
    times.push(await page.evaluate(() => new Promise((done) => {
      const began = performance.now();
      const watching = new MutationObserver(() => {
        if (!document.querySelector(".results .item, .results .empty")) return;
        watching.disconnect();
        requestAnimationFrame(() => done(performance.now() - began));
      });
      document.querySelector("main").replaceChildren();
      watching.observe(document.querySelector("main"), { childList: true, subtree: true });
      document.querySelector(".search-box").requestSubmit();
    })));
    await page.goto(`${server}/_mock/ui/worlds`);
    await page.locator("tbody tr").first().waitFor();
  }
  say(`search, ${what}`, times);
  await page.close();
}

async function weight(page, session) {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const of = (name) => metrics.find((each) => each.name === name).value;
  return { heap: of("JSHeapUsedSize") / 1e6, nodes: of("Nodes"), listeners: of("JSEventListeners"), shown: await page.locator(".thread .message-box").count() };
}

async function followed(page, session) {
  const weights = [];
  const first = Math.ceil(live / 10);
  let sent = 0;
  const sendAll = async (until) => {
    await Promise.all(Array.from({ length: AT_A_TIME }, async () => { while (sent < until) { sent += 1; await send(`Live message ${sent}.`); } }));
    await send(`The last before ${until}.`);
    await page.locator(".thread").getByText(`The last before ${until}.`).first().waitFor();
  };
  for (const until of [first, Math.ceil(live / 2), Number(live)]) {
    await sendAll(until);
    weights.push([until, await weight(page, session)]);
  }
  for (const [until, { heap, nodes, listeners, shown }] of weights) console.log(`${`after ${until.toLocaleString("en")} live messages`.padEnd(58)} ${heap.toFixed(1).padStart(8)} MB   ${nodes} nodes, ${listeners} listeners, ${shown} messages shown`);
}

/** Milliseconds from the start of `curl` to the bubble on the screen. */
async function bubbles(page) {
  const times = [];
  for (let call = 0; call < calls; call += 1) {
    const text = `By curl ${call} of ${calls}`;
    const there = page.evaluate((wanted) => new Promise((done) => {
      const box = document.querySelector(".thread");
      const watching = new MutationObserver(() => {
        if (![...box.querySelectorAll(".bubble-text")].slice(-3).some((node) => node.textContent === wanted)) return;
        watching.disconnect();
        requestAnimationFrame(() => done(performance.timeOrigin + performance.now()));
      });
      watching.observe(box, { childList: true, subtree: true });
    }), text);
    const began = performance.timeOrigin + performance.now();
    await run("curl", ["-sf", "--noproxy", "*", SMS, ...Object.entries(HEADERS).flatMap(([name, value]) => ["-H", `${name}: ${value}`]), "-d", body(text)]);
    times.push((await there) - began);
  }
  say("from the start of curl to the bubble", times);
}

(async () => {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--enable-precise-memory-info"] });
  try {
    const { conversations } = await (await fetch(`${server}/_mock/extensions/101/conversations`)).json();
    const conversation = conversations.find(({ with: others }) => others[0].number === phone).id;
    await openings(browser, "a conversation", `/conversations/101/${conversation}`, ".bubble");
    await openings(browser, "the conversations of an extension", "/conversations/101", '[aria-label="Conversations"] .item');
    await openings(browser, "the calls", "/calls", ".call-rows > *");
    await searches(browser, "what only the oldest message has", needle);
    await searches(browser, "what many have", "before noon");
    await searches(browser, "what none has", "nowhere to be found");
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(`${server}/_mock/ui/conversations/101/${conversation}`);
    await page.locator('.pulse[data-state="live"]').waitFor();
    await page.locator(".bubble").first().waitFor();
    await bubbles(page);
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    await followed(page, session);
  } finally {
    await browser.close();
  }
})().catch((error) => { console.error(error); process.exitCode = 1; });
