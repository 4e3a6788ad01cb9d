// A user at the log-in page, in Chromium, and a page that calls the API from another origin. The application is public.

const { createServer } = require("node:http");
const { readFileSync } = require("node:fs");
const { chromium } = require("playwright-core");
const { SDK } = require("@ringcentral/sdk");
const { tell, run } = require("./story.js");

const [server, clientId, executablePath] = process.argv.slice(2);
const OWN = "/restapi/v1.0/account/~/extension/~";

/** The application's own origin: where users come back to, and a page with the SDK for browsers. */
async function origin() {
  const bundle = readFileSync(require.resolve("@ringcentral/sdk/dist/ringcentral.js"));
  const pages = { "/sdk.js": bundle, "/app": '<!doctype html><script src="/sdk.js"></script>', "/callback": "Back" };
  const listener = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    response.setHeader("Content-Type", path === "/sdk.js" ? "text/javascript" : "text/html");
    response.end(pages[path] ?? "");
  });
  await new Promise((ready) => listener.listen(0, "127.0.0.1", ready));
  return { listener, url: `http://127.0.0.1:${listener.address().port}` };
}

/** Fills in the page as a person finds it: by its labels. */
async function typeIn(page, password) {
  await page.getByLabel("Phone number or user name").fill("+16509100001");
  await page.getByLabel("Extension").fill("102");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in and allow" }).click();
}

run(async () => {
  const application = await origin();
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const redirectUri = `${application.url}/callback`;
    const withoutScripts = await browser.newContext({ javaScriptEnabled: false });
    const page = await withoutScripts.newPage();

    const user = new SDK({ server, clientId, redirectUri, cachePrefix: "user" }).platform();
    await page.goto(user.loginUrl({ usePKCE: true, state: "a b&c" }));
    tell("the page", { title: await page.title(), focus: await page.evaluate(() => document.activeElement.id) });

    await typeIn(page, "wrong");
    tell("a wrong password", await page.getByRole("alert").textContent());

    await typeIn(page, "Secret-1");
    await page.waitForURL(`${redirectUri}?*`);
    const back = user.parseLoginRedirect(new URL(page.url()).search);
    tell("back", back);
    await user.login({ code: back.code });
    tell("logged in", await (await user.get(OWN)).json());
    await user.refresh();
    tell("refreshed", (await user.get(OWN)).status);

    await page.goto(user.loginUrl({ state: "again" }));
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.waitForURL(`${redirectUri}?*`);
    try {
      user.parseLoginRedirect(new URL(page.url()).search);
    } catch (refused) {
      tell("cancelled", refused.error);
    }

    const discovering = new SDK({ server, clientId, redirectUri, enableDiscovery: true, cachePrefix: "discovering" });
    const found = discovering.platform();
    await page.goto(await found.loginUrlWithDiscovery({ usePKCE: true }));
    await typeIn(page, "Secret-1");
    await page.waitForURL(`${redirectUri}?*`);
    await found.login(found.parseLoginRedirect(new URL(page.url()).search));
    tell("discovered", await (await found.get(OWN)).json());
    await found.logout();

    const withScripts = await browser.newPage();
    await withScripts.goto(`${application.url}/app`);
    const { access_token: accessToken } = await user.auth().data();
    tell(
      "from another origin",
      await withScripts.evaluate(
        async ([server, clientId, accessToken, own]) => {
          const platform = new RingCentral.SDK({ server, clientId }).platform();
          await platform.login({ access_token: accessToken, token_type: "bearer", expires_in: "3600" });
          const answer = await platform.get(own);
          const refused = await platform.get(`${own}/nowhere`).catch((error) => error);
          return {
            number: (await answer.json()).extensionNumber,
            id: answer.headers.get("RCRequestId"),
            refused: refused.message,
          };
        },
        [server, clientId, accessToken, OWN],
      ),
    );
  } finally {
    await browser.close();
    application.listener.close();
  }
});
