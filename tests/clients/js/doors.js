// A page of another site, in a Chromium whose every request carries the control token: the strongest attacker there is,
// since a browser that was given the token once, as a password, sends it by itself. What each of his ways comes to.

const { createServer } = require("node:http");
const { chromium } = require("playwright-core");
const { tell, run } = require("./story.js");

const [server, controlToken, token, executablePath] = process.argv.slice(2);
const { port } = new URL(server);
const SITE = "evil.test";
const CALLS = [["GET", "/_mock/journal"], ["GET", "/_mock/"], ["POST", "/_mock/reset"], ["POST", "/%5fmock/reset"], ["DELETE", "/_mock/worlds/default"]];

/** What a page is told of plain calls: a status, or that the browser hands nothing out. */
function byFetch(page, origin, mode) {
  return page.evaluate(
    async ([origin, calls, mode]) => {
      const told = {};
      for (const [method, path] of calls) {
        if (mode === "no-cors" && method === "DELETE") continue;
        const answer = await fetch(`${origin}${path}`, { method, mode }).catch(() => null);
        told[`${method} ${path}`] = answer === null ? "nothing" : answer.status;
      }
      return told;
    },
    [origin, CALLS, mode],
  );
}

/** The status of a form that the other site sends, as a click on a button would. */
async function byForm(context, site, method, path) {
  const page = await context.newPage();
  await page.goto(site);
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().startsWith(server)),
    page.evaluate(
      ([action, method]) => {
        const form = document.createElement("form");
        Object.assign(form, { action, method });
        document.body.append(form);
        form.submit();
      },
      [`${server}${path}`, method],
    ),
  ]);
  return answer.status();
}

/** What comes of a WebSocket at a path. */
function bySocket(page, path) {
  return page.evaluate(
    (address) =>
      new Promise((done) => {
        const socket = new WebSocket(address);
        socket.onopen = () => done("open");
        socket.onerror = () => done("refused");
      }),
    `${server.replace("http", "ws")}${path}`,
  );
}

run(async () => {
  const listener = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end("<!doctype html><body></body>");
  });
  await new Promise((ready) => listener.listen(0, "127.0.0.1", ready));
  const site = `http://${SITE}:${listener.address().port}`;
  const args = ["--no-sandbox", "--no-proxy-server", `--host-resolver-rules=MAP ${SITE} 127.0.0.1`];
  const browser = await chromium.launch({ executablePath, args });
  try {
    const context = await browser.newContext({ extraHTTPHeaders: { "X-Ringmock-Token": controlToken } });
    const page = await context.newPage();
    await page.goto(`${server}/_mock/`);
    tell("by its own page", await byFetch(page, server, "cors"));
    const signed = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const sms = { from: { phoneNumber: "16509100010" }, to: [{ phoneNumber: "14151003732" }], text: "Stay" };
    const own = `${server}/restapi/v1.0/account/~/extension/~`;
    await fetch(`${own}/sms`, { method: "POST", headers: signed, body: JSON.stringify(sms) });

    await page.goto(`http://${SITE}:${port}/restapi`);
    tell("DNS-rebound", await byFetch(page, `http://${SITE}:${port}`, "cors"));

    await page.goto(site);
    tell("fetch", await byFetch(page, server, "cors"));
    const came = [];
    page.on("response", (response) => response.url().startsWith(server) && came.push(response.status()));
    await byFetch(page, server, "no-cors");
    tell("fetch, unread", came);
    tell("WebSocket", [await bySocket(page, "/_mock/messages"), await bySocket(page, "/_mock/")]);
    tell("form", [await byForm(context, site, "POST", "/_mock/reset"), await byForm(context, site, "GET", "/_mock/journal")]);

    tell("left", (await (await fetch(`${own}/message-store`, { headers: signed })).json()).records.length);
  } finally {
    await browser.close();
    listener.close();
    listener.closeAllConnections();
  }
});
