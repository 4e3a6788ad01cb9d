// Somebody who works in the inspector in Chromium while messages come.

const { chromium } = require("playwright-core");
const { tell, run } = require("./story.js");
const { made } = require("./inspector-world.js");
const hostile = require("./hostile-texts.js");

const [server, name, token, phone, number, executablePath] = process.argv.slice(2);
const ENOUGH = 80;

run(async () => {
  const world = await made(server, name, token, phone, number);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
    const wrong = [];
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("dialog", (dialog) => wrong.push(dialog.message()));
    const foreign = [];
    page.on("request", (request) => request.url().startsWith(server) || foreign.push(request.url()));
    const at = (path, query = "") => `${server}/_mock/ui${path}?world=${name}${query}`;
    const conversation = `/conversations/101/${world.conversation}`;
    const lastText = () => page.locator(".side").first().locator(".bubble-text").last();

    await page.goto(`${server}/`);
    await page.locator(".item").first().waitFor();
    tell("root", new URL(page.url()).pathname);
    await page.getByLabel("World", { exact: true }).focus();
    await page.locator(`#world-switch option[value="${name}"]`).waitFor({ state: "attached" });
    await page.getByLabel("World", { exact: true }).selectOption(name);
    await page.waitForURL(/world=/);
    tell("switched", new URL(page.url()).search);

    await page.goto(at(conversation));
    await page.locator(".bubble").first().waitFor();
    tell("deleted in the mailbox", await page.locator("del.bubble-text").allTextContents());
    await page.keyboard.press("b");
    await page.locator(".is-phone .bubble").first().waitFor();
    tell("on the phone", [await page.locator(".is-phone .bubble-text").last().textContent(), await page.locator(".is-phone del").count()]);
    tell("picture", await page.locator(".side").first().locator(".picture img").evaluate((image) => image.complete && image.naturalWidth));

    await page.goto(at(`/conversations/101/${world.department}`));
    await page.locator(".outcomes").waitFor();
    tell("members", await page.locator(".pane-facts .tag").allTextContents());
    tell("skipped", await page.locator(".outcomes li", { hasText: "skipped" }).allTextContents());

    // Live, while somebody reads elsewhere in the conversation.
    for (let each = 0; each < ENOUGH; each += 1) await world.write(phone, number, `Line ${each}`);
    await page.goto(at(conversation));
    await page.getByText(`Line ${ENOUGH - 1}`, { exact: true }).first().waitFor();
    await world.write(phone, number, "<script>alert('while it is watched')</script>");
    await page.locator(".thread").getByText("while it is watched").waitFor();
    tell("shown", await lastText().textContent());
    tell("followed", await page.locator(".thread-scroll").evaluate((box) => Math.round(box.scrollHeight - box.clientHeight - box.scrollTop)));
    const read = page.locator(".bubble-text", { hasText: /^Line 50$/ }).first();
    await read.evaluate((node) => node.scrollIntoView({ block: "center" }));
    const place = () => read.evaluate((node) => Math.round(node.getBoundingClientRect().top));
    const before = await place();
    await world.write(phone, number, "while somebody reads above");
    await page.locator(".jump").waitFor();
    tell("moved", (await place()) - before);
    const focused = page.locator(".message-foot a").nth(5);
    await focused.focus();
    // Older ones may have come above meanwhile: the fifth is another then.
    const named = await page.evaluate(() => document.activeElement.getAttribute("href"));
    await world.remove(/(\d+)\?/.exec(named)[1]);
    await page.locator("del.bubble-text").first().waitFor();
    const isFocused = page.waitForFunction((href) => document.activeElement.getAttribute("href") === href, named, { timeout: 5000 });
    tell("focus", await isFocused.then(() => true, () => false));
    await page.locator(".jump").click();
    await page.locator(".thread").getByText("while somebody reads above").waitFor();
    tell("focus after the jump", await page.evaluate(() => document.activeElement.className));

    // Paused, and on again.
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("p");
    await page.locator('.pulse[data-state="paused"]').waitFor();
    await world.write(phone, number, "while it is paused");
    tell("while paused", await page.locator(".thread").getByText("while it is paused").count());
    await page.keyboard.press("p");
    await page.locator(".thread").getByText("while it is paused").waitFor();

    // Writing as a phone that nobody knows, and its STOP.
    await page.goto(at("/phones"));
    await page.getByLabel("Find a phone, or open any number").fill("12125550100");
    await page.getByRole("button", { name: "Open", exact: true }).click();
    await page.getByLabel("Text from +1 212 555-0100").fill("written in a browser");
    await page.keyboard.press("Enter");
    await page.locator(".thread").getByText("written in a browser").waitFor();
    tell("curl", await page.locator(".last-action .curl").textContent());
    await page.getByRole("button", { name: "STOP" }).click();
    await page.locator(".system-mark").waitFor();
    tell("mark", await page.locator(".system-mark").textContent());

    // Found, and keys.
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press("/");
    await page.keyboard.type("battery");
    await page.keyboard.press("Enter");
    await page.locator(".results .item").first().waitFor();
    tell("found", await page.locator("mark").allTextContents());
    await page.locator(".results .item").first().click();
    await page.waitForURL(/\/conversations\/101\//);
    await page.keyboard.press("?");
    await page.locator("dialog.keys[open]").waitFor();
    tell("titles of keys", await page.locator("dialog.keys h3").allTextContents());
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("o");
    await page.waitForURL(/\/worlds/);
    await page.locator("tbody tr", { hasText: name }).first().waitFor();
    tell("worlds", await page.locator("tbody tr", { hasText: name }).first().locator("td").nth(1).textContent());

    // Hostile texts and names of files, all of them on one page; names of extensions, and values of headers.
    const texts = hostile();
    const nameOf = (text) => `${text.replace(/[\u0000-\u001f]/g, " ").slice(0, 80)}.html`;
    await Promise.all(Array.from({ length: 4 }, async (_, lane) => {
      for (let each = lane; each < texts.length; each += 4) {
        const sent = await world.write("13105550100", number, texts[each], { attachments: [{ contentType: "text/html", fileName: nameOf(texts[each]), content: "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==" }] });
        if (sent.status !== 200) throw new Error(JSON.stringify([texts[each], sent.body]));
      }
    }));
    await page.goto(at("/phones/13105550100"));
    await page.locator(".bubble").first().waitFor();
    // Older ones come above what somebody reads, which stays where it is.
    const held = await page.locator(".bubble-text").first().evaluate((node) => { document.held = node.textContent; const box = node.closest(".thread-scroll"); box.scrollTop = 1; return new Promise((done) => { const top = node.getBoundingClientRect().bottom; const look = () => { const all = [...document.querySelectorAll(".bubble-text")]; if (all.length <= 60) { requestAnimationFrame(look); return; } done(Math.round(all.find((each) => each.textContent === document.held).getBoundingClientRect().bottom - top)); }; look(); }); });
    tell("older", held);
    const seen = new Set();
    const files = new Set();
    for (let turn = 0; turn < 25 && seen.size < new Set(texts).size; turn += 1) {
      for (const text of await page.locator(".bubble-text").allTextContents()) seen.add(text);
      for (const text of await page.locator(".file-name").allTextContents()) files.add(text);
      await page.locator(".thread-scroll").evaluate((box) => { box.scrollTop = 0; });
      await page.waitForFunction((known) => document.querySelector(".bubble-text")?.textContent !== known, await page.locator(".bubble-text").first().textContent(), { timeout: 3000 }).catch(() => {});
    }
    const active = () => page.evaluate(() => document.querySelectorAll("script:not([src]), iframe, object, embed, style, base, meta[http-equiv], form[action], [onerror], [onload], [ontoggle], [style], svg:not(.icon)").length);
    const missed = (wanted, known) => wanted.filter((each) => !known.has(each)).slice(0, 5);
    tell("hostile", { sent: texts.length, missing: missed(texts, seen), files: missed(texts.map(nameOf), files), made: await active() });

    const names = texts.map((text) => [...text.replace(/[\u0000-\u001f]/g, " ").slice(0, 120)].join("").trim());
    const extensions = names.map((each, at) => ({ number: String(1000 + at), id: 5000 + at, type: at % 100 === 99 ? "Department" : "User", name: each, ...(at % 100 === 99 ? { members: [String(1000 + at - 1), String(1000 + at - 2)] } : {}) }));
    const own = `${name}-names`;
    const opened = await world.call("POST", "/_mock/worlds", { name: own, fixture: { extensions, account: { id: 1, main_number: "16509100001" } } });
    if (opened.status !== 200) throw new Error(JSON.stringify(opened.body));
    await page.goto(`${server}/_mock/ui/world?world=${own}`);
    await page.locator(".extension-row").nth(texts.length - 1).waitFor({ state: "attached" });
    const called = new Set(await page.locator(".extension-name").allTextContents());
    const inWorld = await active();
    await page.goto(`${server}/_mock/ui/conversations/1099?world=${own}`);
    await page.locator(".pane-facts").getByText("2 members now").waitFor();
    tell("hostile names", { missing: missed(names, called), made: inWorld + (await active()) });
    await world.call("DELETE", `/_mock/worlds/${own}`);

    const values = texts.map((text) => text.replace(/[^\x20-\x7e]/g, "?").trim());
    const shown = new Set();
    let inCalls = 0;
    for (let first = 0; first < values.length; first += 84) {
      const headers = Object.fromEntries(values.slice(first, first + 84).map((value, at) => [`X-Hostile-${first + at}`, value]));
      await world.call("GET", "/restapi/v1.0/account/~/extension/~/message-store?perPage=1", undefined, token, headers);
      const [{ id }] = (await world.call("GET", "/_mock/journal?limit=1")).body;
      await page.goto(at(`/calls/${id}`));
      await page.locator(".call-detail .pairs td").nth(Object.keys(headers).length).waitFor({ state: "attached" });
      for (const text of await page.locator(".call-detail .pairs td").allTextContents()) shown.add(text);
      inCalls += await active();
    }
    tell("hostile headers", { missing: missed(values, shown), made: inCalls });
    tell("foreign", foreign);
    tell("wrong", wrong);
  } finally {
    await browser.close();
    world.end();
  }
});
