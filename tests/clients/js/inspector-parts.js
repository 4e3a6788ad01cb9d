// Somebody who looks at a message's life, the calls, the world, a text's measures and the contract, in Chromium.

// Each story is told in a world of its own, `{ STORY: [name, token of 101] }`.

const { readFileSync } = require("node:fs");
const { chromium } = require("playwright-core");
const { tell: told, run } = require("./story.js");
const { caller, receiver, thread } = require("./inspector-world.js");

const [server, handset, number, executablePath, worlds] = process.argv.slice(2);
let [part, clientId, token] = ["", "", ""];
const tell = (step, result) => told(`${part}: ${step}`, result);
const HOSTILE = "<img src=x onerror=alert(1)>\u202e<script>alert(2)</script>\"'`{{7*7}}";

async function call(method, path, body, headers = {}) {
  const answer = await fetch(server + path, { method, headers: { ...(path.startsWith("/_mock/") ? { "X-Ringmock-World": clientId } : { Authorization: `Bearer ${token}` }), "Content-Type": "application/json", ...headers }, body: body === undefined ? undefined : JSON.stringify(body) });
  return answer.json().catch(() => null);
}

const sms = (text, to = handset, headers) => call("POST", "/restapi/v1.0/account/~/extension/~/sms", { from: { phoneNumber: number }, to: [{ phoneNumber: to }], text }, headers);
const page_ = (text, ...to) => call("POST", "/restapi/v1.0/account/~/extension/~/company-pager", { to: to.map((extensionNumber) => ({ extensionNumber })), text });

const STORIES = {
  /** A message: its life, live, without moving what is read; a notification sent again. */
  async message(open, page) {
    const { got, end, url } = await receiver();
    await call("POST", "/restapi/v1.0/subscription", { eventFilters: ["/restapi/v1.0/account/~/extension/~/message-store"], deliveryMode: { transportType: "WebHook", address: url } });
    const sent = await sms(`Hello ${HOSTILE}`);
    await open(`/messages/101/${sent.id}`);
    await page.locator(".event").first().waitFor();
    tell("said", await page.locator(".said").textContent());
    tell("outcome", await page.locator("tbody tr").first().innerText());
    await page.getByText("As generation current answers it").click();
    const json = await page.getByRole("region", { name: `Copy ${sent.id} in generation current` }).textContent();
    tell("json", JSON.parse(json).id === sent.id && /"conversationId": \d{15,}/.test(json));
    await page.getByRole("region", { name: `Copy ${sent.id} in generation current` }).focus();
    await page.evaluate(() => { document.querySelector("main").scrollTop = 120; });
    const before = await page.evaluate(() => document.querySelector("main").scrollTop);
    await call("PUT", `/restapi/v1.0/account/~/extension/~/message-store/${sent.id}`, { readStatus: "Read" });
    await page.locator(".event.change").waitFor();
    tell("focus", await page.evaluate(() => document.activeElement.getAttribute("aria-label")));
    tell("moved", (await page.evaluate(() => document.querySelector("main").scrollTop)) - before);
    const count = got.count;
    await page.getByRole("button", { name: /^Send notification/ }).first().click();
    await page.getByText("resent").first().waitFor();
    tell("sent again", got.count > count);
    tell("curl", await page.locator(".last-action .curl").textContent());
    await page.getByRole("button", { name: /^Delete: copy/ }).press("Enter");
    await page.getByRole("button", { name: /^Purge: copy/ }).waitFor();
    tell("deleted", [(await call("GET", `/_mock/messages/${sent.id}`)).copies[0].availability, await page.locator(".last-action .curl").textContent()]);
    end();
  },

  /** Calls: live, filtered; one of them with why and what would pass; hostile values inert; the list does not move. */
  async calls(open, page) {
    for (let at = 0; at < 40; at += 1) await call("GET", `/restapi/v1.0/account/~/extension/~/message-store?perPage=${at + 1}`);
    await page_("To the Frozen one", "104");
    await open("/calls");
    await page.locator(".call-row").first().waitFor();
    await sms("A new one");
    await page.locator(".call-row").first().getByText("createSMSMessage").waitFor();
    tell("live", await page.locator(".call-row").first().innerText());
    const list = page.getByRole("region", { name: "Calls" });
    await list.evaluate((node) => { node.scrollTop = 300; });
    const row = page.locator(".call-row").nth(8);
    const place = (await row.boundingBox()).y;
    const id = await row.getAttribute("data-id");
    await sms("While somebody reads");
    await page.locator(".pending:visible").waitFor();
    tell("moved", (await page.locator(`.call-row[data-id="${id}"]`).boundingBox()).y - place);
    await page.locator("#call-status").selectOption("4xx");
    await page.waitForFunction(() => document.querySelectorAll(".call-row").length === 1);
    tell("filtered", await page.locator(".call-row").count());
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("j");
    await page.getByText("What would pass").waitFor();
    tell("why", await page.locator(".why").first().innerText());
    tell("repaired", await page.getByRole("region", { name: "The repaired call as a command line" }).textContent());
    tell("address", new URL(page.url()).pathname);
    await call("GET", `/restapi/v1.0/account/~/extension/~/message-store?messageType=${encodeURIComponent(HOSTILE)}`, undefined, { "X-Hostile": encodeURI(HOSTILE).slice(0, 20) + "<script>alert(3)</script>", "User-Agent": "<b>bold</b>" });
    await page.getByRole("button", { name: "Clear" }).click();
    await page.locator(".call-row").first().getByText("400").waitFor();
    await page.locator(".call-row").first().click();
    await page.locator(".call-detail").getByText("<script>").first().waitFor();
    tell("inert", await page.evaluate(() => document.querySelectorAll("main script, main img[src=x], main b").length));
    await page.getByRole("button", { name: "Send it again as 101" }).click();
    await page.locator(".last-action .tag.bad").waitFor();
    const [again] = await call("GET", "/_mock/journal?limit=1");
    tell("again", [again.status, again.operation, await page.locator(".last-action .curl").textContent()]);
    await page.locator(`.call-row[data-id="${again.id}"]`).click();
    await page.locator(".page-head", { hasText: `#${again.id}` }).waitFor();
    await page.getByRole("button", { name: "Compare with the one before" }).press("Enter");
    tell("compared", await page.locator(".compared p").textContent());
    await call("GET", "/restapi/v1.0/account/~/extension/~/message-store?perPage=7");
    await page.locator(".call-row").first().getByText("200").waitFor();
    await page.locator(".call-row").first().click();
    await page.locator(".call-title .tag.good").waitFor();
    await page.getByRole("button", { name: "Compare with the one before" }).press("Enter");
    await page.locator(".compared tbody tr").first().waitFor();
    tell("differs", await page.locator(".compared tbody tr", { hasText: /query|status/ }).allInnerTexts());
  },

  /** The world: the clock, an extension frozen, a Department by mouse and by keyboard, a fault off and on. */
  async world(open, page) {
    await open("/world");
    await page.locator("#world-now").waitFor();
    await page.getByRole("button", { name: "Freeze", exact: true }).click();
    await page.getByText("stands still").waitFor();
    const before = await page.locator("#world-now").textContent();
    await page.getByRole("button", { name: "+ 1 day" }).click();
    await page.waitForFunction((then) => document.querySelector("#world-now").textContent !== then, before);
    ({ access_token: token } = await call("POST", "/_mock/tokens", { extension: "101" }));
    tell("a day later", (Date.parse(`${(await page.locator("#world-now").textContent()).slice(0, 10)}`) - Date.parse(before.slice(0, 10))) / 86400000);
    await page.getByRole("button", { name: "Freeze 102" }).click();
    await page.getByRole("button", { name: "Thaw 102" }).waitFor();
    tell("focus", await page.evaluate(() => document.activeElement.tagName));
    tell("frozen", (await call("GET", "/_mock/extensions/102")).status);
    await page.locator("[data-key=extension-101]").dragTo(page.getByRole("group", { name: "Department 201" }));
    await page.locator("[data-key=member-201-101]").waitFor();
    await page.locator("#member-of-201").selectOption("103");
    await page.getByRole("button", { name: "Add to Department 201" }).press("Enter");
    await page.locator("[data-key=member-201-103]").waitFor();
    await page.locator("[data-key=member-201-101]").dragTo(page.locator("#extension-search"));
    await page.locator("[data-key=member-201-101]").waitFor({ state: "detached" });
    tell("members", (await call("GET", "/_mock/extensions/201")).members);
    await call("POST", "/_mock/faults", { operation: "createSMSMessage", error: "CMN-201" });
    await page.getByRole("switch").waitFor();
    await sms("Meets it");
    await page.getByText("met 1 time").waitFor();
    await page.getByRole("switch").click();
    await page.locator("[role=switch][aria-checked=false]").waitFor();
    tell("off", (await call("GET", "/_mock/faults")).length);
    await page.getByRole("switch").press("Enter");
    await page.locator("[role=switch][aria-checked=true]").waitFor();
    tell("on", (await call("GET", "/_mock/faults")).map(({ operation, error }) => [operation, error]));
    tell("curl", await page.locator(".last-action .curl").textContent());
  },

  /** The text ruler: by the server's own rules. */
  async text(open, page) {
    await open("/text");
    const shown = async (text) => {
      await page.getByLabel("A text").fill(text);
      await page.waitForFunction((units) => document.querySelector(".figure-value")?.textContent.replaceAll(",", "") === String(units), text.length);
      return page.locator(".figure-value").allTextContents();
    };
    tell("GSM-7", await shown("a".repeat(160)));
    tell("UCS-2", await shown(`${"a".repeat(69)}😀`));
    tell("tipped", await page.locator(".plain-list .mono").first().textContent());
    tell("too long", await shown("a".repeat(1025)));
    tell("from", await page.locator(".plain-list li").allInnerTexts());
    tell("preview", (await page.locator(".ruler-preview .is-over").allTextContents()).join("").length);
  },

  /** The contract: an operation tried as somebody, the control API, and what was exercised. */
  async contract(open, page) {
    await open("/contract/api");
    await page.locator("[data-ready] .opblock-tag").first().waitFor();
    await page.locator("[data-tag=Account]").click();
    await page.locator(".opblock-summary-control").first().click();
    await page.getByRole("button", { name: "Execute" }).click();
    await page.locator(".live-responses-table .response td.response-col_status").first().waitFor();
    tell("tried", (await page.locator(".live-responses-table .response td.response-col_status").first().innerText()).trim().slice(0, 3));
    tell("seen", (await call("GET", "/_mock/journal?limit=1"))[0].who);
    await page.getByRole("link", { name: "The control API" }).click();
    await page.locator("[data-ready] [data-tag=clock]").waitFor();
    await sms("Outside");
    await page.getByRole("link", { name: "Rules and decisions" }).click();
    await page.locator("#R-06").waitFor();
    tell("exercised", await page.locator("#R-06 .rule-met").innerText());
  },

  /** The history: a label, the way back and the one aside, by mouse and by keyboard, each with its command line. */
  async history(open, page) {
    for (const text of ["one", "two", "three"]) await sms(text);
    await open("/world");
    await page.locator("#history-label").waitFor();
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("l");
    await page.keyboard.type("after-three");
    await page.keyboard.press("Enter");
    await page.locator("[data-key=label-after-three]").waitFor();
    tell("labelled", await page.locator(".last-action .curl").textContent());
    await sms("four");
    await page.locator(".command", { hasText: "createSMSMessage" }).nth(3).waitFor();
    tell("commands", await page.locator(".command-said").allTextContents());
    await page.getByRole("button", { name: "Back to label after-three" }).click();
    tell("asked", await page.locator("dialog.ask code").textContent());
    await page.getByRole("button", { name: "Go back" }).click();
    await page.waitForFunction(() => document.querySelectorAll(".command a").length === 3);
    tell("back", (await call("GET", "/_mock/messages")).messages.map(({ text }) => text));
    tell("focus", await page.evaluate(() => document.activeElement.getAttribute("aria-label")));
    const first = (await call("GET", "/_mock/history")).commands.find(({ kind }) => kind === "createSMSMessage").number;
    await page.getByRole("button", { name: `Fork at command ${first}`, exact: true }).press("Enter");
    await page.getByText("begins as this one was").waitFor();
    tell("forked", await page.locator(".last-action .curl").textContent());
    await page.getByRole("button", { name: "Open it" }).click();
    await page.waitForURL((url) => url.searchParams.get("world") !== clientId);
    const fork = new URL(page.url()).searchParams.get("world");
    tell("in the fork", (await call("GET", "/_mock/messages", undefined, { "X-Ringmock-World": fork })).messages.map(({ text }) => text));

    await open("/world");
    const slider = page.getByRole("slider", { name: "Look back" });
    await slider.focus();
    await page.keyboard.press("ArrowLeft");
    tell("chosen", await page.locator("output[for=history-point]").textContent());
    await page.getByRole("button", { name: "Look", exact: true }).click();
    await page.waitForURL(/\/conversations/);
    const look = new URL(page.url()).searchParams.get("world");
    const texts = async (world) => (await call("GET", "/_mock/messages", undefined, { "X-Ringmock-World": world })).messages.map(({ text }) => text);
    tell("looked at", { then: await texts(look), now: await texts(clientId) });
    await open("/world");
    for (const name of [fork, look]) await call("DELETE", `/_mock/worlds/${name}`);
  },

  /** Carriers: a profile from the form, what it makes of an SMS, and out again. */
  async carriers(open, page) {
    await open("/world");
    await page.getByText("One more, before these").click();
    await page.locator("#carrier-to").fill("1415");
    await page.locator("#carrier-error").fill("SMS-CAR-199");
    await page.locator("#carrier-error").press("Enter");
    await page.locator("[data-key=profile-0]").waitFor();
    tell("said", await page.locator("[data-key=profile-0] .fault-text").textContent());
    tell("set", (await call("GET", "/_mock/carrier")).profiles[0]);
    await page.getByRole("button", { name: "Take out: To 1415" }).press("Enter");
    await page.locator("[data-key=profile-0]").waitFor({ state: "detached" });
    tell("out", await call("GET", "/_mock/carrier"));
  },

  /** Exports: a file that the browser writes, and the command for each. */
  async exports(open, page) {
    await sms("to be kept");
    await open("/world");
    for (const title of ["History", "HAR", "curl script", "Contract case", "pytest file"]) {
      const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: `Download the ${title}` }).click()]);
      tell(title, [file.suggestedFilename(), readFileSync(await file.path(), "utf8")]);
    }
    tell("commands", (await page.locator(".export pre").allTextContents()).map((text) => text.replaceAll(clientId, "WORLD").replaceAll(server, "URL")));
  },

  /** What becomes of members of a Department, between the pages to it, as it happens. */
  async changes(open, page) {
    const first = await page_("before", "200");
    await open(`/conversations/101/${first.conversationId}`);
    await page.getByText("before").last().waitFor();
    await call("PATCH", "/_mock/extensions/103", { status: "Frozen" });
    await page.getByText("was frozen").waitFor();
    await call("POST", "/restapi/v1.0/account/~/extension/~/company-pager", { replyOn: first.id, text: "while frozen" });
    await page.locator(".bubble-text", { hasText: "while frozen" }).waitFor();
    await call("PATCH", "/_mock/extensions/103", { status: "Enabled" });
    await page.getByText("was thawed").waitFor();
    await call("PUT", "/_mock/departments/200/members", ["103"]);
    await page.getByText("was removed from").first().waitFor();
    tell("line", await page.locator(".thread .bubble-text, .thread .system-mark").allTextContents());
  },

  /** A thread, from the customer's first text over two agents to its resolution, live. */
  async threads(open, page) {
    const world = caller(server, clientId, token);
    const { end, url } = await receiver();
    await open("/threads");
    await page.getByText("No threads yet").waitFor();
    const seen = { taken: "Second User (102) took it", answered: "We look into it.", noted: "Is with another carrier", reassigned: "assigned it to Third User", "noted again": "A technician calls", thanked: "It works again", resolved: "Resolved by Third User" };
    await thread(world, handset, url, async (step) => {
      if (step === "taken") {
        await page.locator(".item").waitFor();
        await page.evaluate(() => document.activeElement.blur());
        await page.keyboard.press("j");
      }
      await page.locator(".thread").getByText(seen[step]).waitFor();
    });
    const entries = page.locator(".thread > .message-box");
    await entries.nth(8).locator(".entry-events").waitFor();
    tell("entries", await entries.allTextContents());
    tell("handlers", await page.locator(".pane-facts .tag").allTextContents());
    const told = entries.nth(0).locator("xpath=following-sibling::*[1]").locator(".entry-events > summary");
    await told.press("Enter");
    await page.locator(".entry-events[open] .attempt .tag.good").nth(3).waitFor();
    tell("told", await page.locator(".entry-events[open] .attempt summary").allTextContents());
    await page.goto(`${server}/_mock/ui/search?q=technician&world=${clientId}`);
    await page.locator(".found-thread").click();
    await page.waitForURL(/\/threads\//);
    tell("found", await page.locator(".pane-head .tag").first().textContent());
    end();
  },

  /** Findings stand above the calls, and the browser notifies of what comes while nobody looks. */
  async notified(open, page) {
    await page.context().grantPermissions(["notifications"]);
    await page.addInitScript(() => {
      window.noted = [];
      window.Notification = class { static permission = "granted"; static requestPermission = async () => "granted"; constructor(title, { body }) { window.noted.push([title, body]); } };
      window.away = false;
      Object.defineProperty(document, "hidden", { get: () => window.away });
    });
    await open("/calls");
    await page.locator('.pulse[data-state="live"]').waitFor();
    await page.getByRole("button", { name: "Notify me of messages" }).click();
    await page.locator('.notify[aria-pressed="true"]').waitFor();
    await sms("while it is seen");
    await page.locator(".call-row").first().getByText("createSMSMessage").waitFor();
    await page.evaluate(() => { window.away = true; });
    await sms(HOSTILE);
    await page.waitForFunction(() => window.noted.length > 0);
    tell("noted", await page.evaluate(() => window.noted));
    await page.evaluate(() => { window.away = false; });
    await call("POST", `/_mock/handsets/${handset}/messages`, { to: number, text: "STOP" });
    await sms("To who has opted out");
    await page.locator(".call-findings summary").press("Enter");
    tell("findings", await page.locator(".call-findings").innerText());
  },
};

run(async () => {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    for (const [story, [name, first]] of Object.entries(JSON.parse(worlds))) {
      [part, clientId, token] = [story, name, first];
      await one(browser, STORIES[story]).catch((error) => tell("failed", String(error.stack)));
    }
  } finally {
    await browser.close();
  }
});

async function one(browser, story) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 850 } });
  try {
    const wrong = [];
    // A refused call that is sent again is refused again.
    page.on("console", (message) => message.type() === "error" && !message.text().includes("status of 400") && wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("dialog", (dialog) => { wrong.push(dialog.message()); dialog.dismiss(); });
    page.on("request", (request) => { if (new URL(request.url()).origin !== new URL(server).origin) wrong.push(request.url()); });
    page.setDefaultTimeout(20000);
    await story((path) => page.goto(`${server}/_mock/ui${path}${path.includes("?") ? "&" : "?"}world=${clientId}`), page);
    tell("wrong", wrong);
  } finally {
    await page.close();
  }
}
