// Pages of another site, in Chromium, that try to get at the control API: by a WebSocket, by scripts that were sent as
// files, by a name of their own for the server's address, by webhooks and in frames.

const { createServer } = require("node:http");
const { chromium } = require("playwright-core");
const { tell, run } = require("./story.js");

const [server, clientId, token, executablePath] = process.argv.slice(2);
const { port } = new URL(server);
const OWN = "/restapi/v1.0/account/~/extension/~";
const SITE = "evil.test";

/** The other site: it notes which scripts ran, and serves what they ran in. */
async function otherSite() {
  const ran = new Set();
  const pages = {};
  const waiting = [];
  const listener = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (pathname === "/ran") {
      ran.add(searchParams.get("what"));
      for (const look of waiting) look();
    }
    const echoed = request.headers["validation-token"];
    if (echoed) response.setHeader("Validation-Token", echoed);
    response.setHeader("Content-Type", echoed ? "application/json" : "text/html");
    response.end(pages[pathname] ?? (echoed ? "{}" : "<!doctype html>"));
  });
  await new Promise((ready) => listener.listen(0, "127.0.0.1", ready));
  const own = listener.address().port;
  const hasRun = (what) =>
    new Promise((done) => {
      const look = () => ran.has(what) && done();
      waiting.push(look);
      look();
    });
  return { listener, pages, ran, hasRun, url: `http://${SITE}:${own}`, local: `http://127.0.0.1:${own}` };
}

/** A script that says that it ran, and resets the world if it may. */
function script(site, what) {
  return `new Image().src = "${site.url}/ran?what=${what}"; fetch("${server}/_mock/reset", { method: "POST" })`;
}

const inHtml = (code) => `<!doctype html><script>${code}</script>`;
const inSvg = (code) => `<svg xmlns="http://www.w3.org/2000/svg"><script>${code}</script></svg>`;

/** Sends a file by MMS to a phone outside; both addresses at which its content is read, the API's and the phone's. */
async function send(name, type, content) {
  const signed = { Authorization: `Bearer ${token}` };
  const form = new FormData();
  const phone = "14151003777";
  const request = { from: { phoneNumber: "16509100010" }, to: [{ phoneNumber: phone }], text: "Look" };
  form.append("json", new Blob([JSON.stringify(request)], { type: "application/json" }));
  form.append("attachment", new Blob([content], { type }), name);
  const sent = await fetch(`${server}${OWN}/sms`, { method: "POST", headers: signed, body: form });
  if (!sent.ok) throw new Error(await sent.text());
  const held = (await sent.json()).attachments.find((each) => each.type === "MmsAttachment");
  const received = await (await fetch(`${server}/_mock/handsets/${phone}/messages`, { headers: signed })).json();
  const file = received.at(-1).attachments.find((each) => each.contentType !== "text/plain" || each.fileName === name);
  return {
    API: `${held.uri}?access_token=${token}&contentDisposition=Inline`,
    phone: file.uri,
  };
}

const FILES = {
  html: ["text/html", inHtml],
  svg: ["image/svg+xml", inSvg],
  "text that looks like html": ["text/plain", inHtml],
  "picture that is html": ["image/png", inHtml],
};

/** Opens an address in a page: whether it is shown there, under which status, or saved. */
async function open(page, address) {
  const saved = page.waitForEvent("download").then(() => "saved");
  saved.catch(() => {}); // what is shown brings no download
  return page.goto(address).then(
    (answer) => `shown, ${answer.status()}`,
    (error) => (/Download is starting|ERR_ABORTED/.test(error.message) ? saved : `failed: ${error.message}`),
  );
}

/** Whether an address answers what was sent, byte by byte, to a program. */
async function answers(address, content) {
  return (await (await fetch(address)).text()) === content;
}

/** Frames addresses in a page of the other site, in each of the ways that HTML has. */
async function frame(page, addresses) {
  await page.evaluate(async (addresses) => {
    for (const address of addresses) {
      for (const [tag, attribute] of [["iframe", "src"], ["object", "data"], ["embed", "src"]]) {
        const element = document.createElement(tag);
        element.setAttribute(attribute, address);
        document.body.append(element);
      }
    }
  }, addresses);
}

async function stored(browser, site) {
  const opened = {};
  const whole = {};
  const addresses = [];
  for (const [kind, [type, wrap]] of Object.entries(FILES)) {
    const content = wrap(script(site, encodeURIComponent(kind)));
    for (const [by, address] of Object.entries(await send("file", type, content))) {
      const page = await browser.newPage();
      opened[`${kind}, of the ${by}`] = await open(page, address);
      whole[`${kind}, of the ${by}`] = await answers(address, content);
      addresses.push(address);
      await page.close();
    }
  }
  const page = await browser.newPage();
  await page.goto(site.url);
  await frame(page, addresses);
  // The same script where it may run, behind the others: what it says comes after all that they could have said.
  site.pages["/framed"] = inHtml(`new Image().src = "/ran?what=framed"`);
  await frame(page, [`${site.url}/framed`]);
  await page.waitForLoadState("networkidle");
  await site.hasRun("framed");
  await page.close();
  return { opened, whole, ran: [...site.ran] };
}

const PATHS = ["/_mock/reset", "/%5fmock/reset", "/%5Fmock/reset", "//_mock/reset", "/restapi/../_mock/reset", "/_mock%2freset"];

/** Calls over a WebSocket that a page of the other site opens: the status of each. */
function overSocket(page) {
  return page.evaluate(
    async ([server, token, paths, own]) => {
      const signed = { Authorization: `Bearer ${token}` };
      const granted = await (await fetch(`${server}/restapi/oauth/wstoken`, { method: "POST", headers: signed })).json();
      const socket = new WebSocket(`${granted.uri}?access_token=${granted.ws_access_token}`);
      const answers = {};
      const calls = [...paths.map((path) => ["POST", path]), ["GET", own]];
      await new Promise((done, failed) => {
        socket.onerror = failed;
        socket.onclose = done;
        socket.onmessage = ({ data }) => {
          const [header] = JSON.parse(data);
          if (header.messageId in calls) answers[calls[header.messageId][1]] = header.status;
          if (header.type === "ConnectionDetails") {
            for (const [messageId, [method, path]] of calls.entries()) {
              socket.send(JSON.stringify([{ type: "ClientRequest", messageId: String(messageId), method, path }]));
            }
          }
          if (Object.keys(answers).length === calls.length) done();
        };
      });
      return answers;
    },
    [server, token, PATHS, OWN],
  );
}

/** What a page gets of the control API by plain calls: a status, or that the browser hands nothing out. */
function byFetch(page, origin) {
  return page.evaluate(
    async (origin) => {
      const told = {};
      const calls = [["GET", "/_mock/journal"], ["GET", "/_mock/"], ["POST", "/_mock/reset"], ["POST", "/%5fmock/reset"]];
      for (const [method, path] of calls) {
        const answer = await fetch(`${origin}${path}`, { method }).catch(() => null);
        told[`${method} ${path}`] = answer === null ? "nothing" : answer.status;
      }
      return told;
    },
    origin,
  );
}

/** Subscriptions whose notifications would go to an address: the status of each, by the address's name. */
function byWebhook(page, addresses) {
  return page.evaluate(
    async ([server, token, own, addresses]) => {
      const told = {};
      for (const [name, address] of Object.entries(addresses)) {
        const answer = await fetch(`${server}/restapi/v1.0/subscription`, {
          method: "POST",
          headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
          body: JSON.stringify({ eventFilters: [`${own}/message-store`], deliveryMode: { transportType: "WebHook", address } }),
        });
        told[name] = answer.status;
      }
      return told;
    },
    [server, token, OWN, addresses],
  );
}

run(async () => {
  const site = await otherSite();
  const rules = `MAP ${SITE} 127.0.0.1, MAP mine.localhost 127.0.0.1`;
  const args = ["--no-sandbox", "--no-proxy-server", `--host-resolver-rules=${rules}`];
  const browser = await chromium.launch({ executablePath, args });
  try {
    const page = await browser.newPage();
    await page.goto(site.url);
    tell("over a WebSocket", await overSocket(page));
    tell("from another origin", await byFetch(page, server));

    tell("stored scripts", await stored(browser, site));

    const own = ["127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433"];
    const ours = own.map((name) => [name, `http://${name}:${port}/_mock/reset`]);
    const addresses = { ...Object.fromEntries(ours), "the site's own": `${site.local}/hook` };
    tell("webhooks", await byWebhook(page, addresses));

    const rebound = await browser.newPage();
    await rebound.goto(`http://${SITE}:${port}/restapi`);
    tell("by another name", await byFetch(rebound, `http://${SITE}:${port}`));
    tell("by a name of this machine", (await rebound.goto(`http://mine.localhost:${port}/_mock/`)).status());

    const logIn = `${server}/restapi/oauth/authorize?response_type=code&client_id=${clientId}&redirect_uri=${site.url}`;
    const framed = await browser.newPage();
    const refused = {};
    framed.on("requestfailed", (request) => (refused[request.url()] = request.failure().errorText));
    for (const [name, address] of Object.entries({ "log-in": logIn, inspector: `${server}/_mock/`, other: `${site.url}/framed` })) {
      await framed.goto(site.url);
      await framed.setContent(`<iframe src="${address}"></iframe>`, { waitUntil: "load" });
      tell(`framed: ${name}`, refused[address] ?? "shown");
    }

    const signed = { Authorization: `Bearer ${token}` };
    tell("left", (await (await fetch(`${server}${OWN}/message-store`, { headers: signed })).json()).records.length);
  } finally {
    await browser.close();
    site.listener.close();
    site.listener.closeAllConnections();
  }
});
