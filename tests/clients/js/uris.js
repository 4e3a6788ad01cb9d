// Every address that answers have, each followed once: with @ringcentral/sdk, with @rc-ex/core, and on a connection
// with @rc-ex/ws.

const { SDK } = require("@ringcentral/sdk");
const { default: RingCentral } = require("@rc-ex/core");
const { default: WebSocketExtension } = require("@rc-ex/ws");
const FormData = require("form-data");
const { server, clientId, clientSecret, PICTURE, tell, run } = require("./story.js");

const application = { server, clientId, clientSecret, appName: "ringmock-tests", appVersion: "1.0" };
const { reads, writes } = JSON.parse(process.env.RINGMOCK_CALLS);

/** Every `uri` in an answer, and every other field that is named after one. */
function* urisIn(value) {
  if (value === null || typeof value !== "object") return;
  for (const [name, item] of Object.entries(value)) {
    if (typeof item === "string" && /^uri$|Uri$/.test(name)) yield item;
    else yield* urisIn(item);
  }
}

/** What comes of following what `client` is answered: the addresses, those that lead elsewhere, and those refused. */
async function followed(client) {
  const waiting = [];
  const answered = [];
  for (const path of reads) {
    const body = await client.get(path);
    if (body !== undefined) answered.push(path);
    waiting.push(...urisIn(body));
  }
  for (const [path, body] of writes) waiting.push(...urisIn(await client.post(path, body)));
  const seen = new Set();
  const [elsewhere, refused] = [[], []];
  while (waiting.length > 0) {
    const uri = waiting.pop();
    if (seen.has(uri) || uri.startsWith("ws")) continue;
    seen.add(uri);
    // Of subscriptions on a connection the service leaves its own origin out.
    if (!uri.startsWith("/restapi/") && !`${uri}/`.startsWith(`${server}/`)) {
      elsewhere.push(uri);
      continue;
    }
    const body = await client.get(uri === server ? `${uri}/` : uri);
    if (body === undefined) refused.push(uri.slice(server.length));
    waiting.push(...urisIn(body));
  }
  return { answered, followed: seen.size, elsewhere, refused };
}

/** What an answer says, a text for what is no JSON; undefined for a refusal. */
function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const refusedIs = (call) => call.catch(() => undefined);

run(async () => {
  const platform = new SDK({ ...application, cachePrefix: "uris" }).platform();
  await platform.login({ jwt: "demo-jwt-101" });
  const form = new FormData();
  const sms = { from: { phoneNumber: "16509100010" }, to: [{ phoneNumber: "14151003732" }], text: "The way to us" };
  form.append("json", Buffer.from(JSON.stringify(sms)), { filename: "request.json", contentType: "application/json" });
  form.append("attachment", Buffer.from(PICTURE), { filename: "map.png", contentType: "image/png" });
  await platform.post("/restapi/v1.0/account/~/extension/~/mms", form);
  tell("with the SDK", await followed({
    get: (uri) => refusedIs(platform.get(uri).then(async (answer) => read(await answer.text()))),
    post: (path, body) => refusedIs(platform.post(path, body).then((answer) => answer.json())),
  }));

  const rc = new RingCentral(application);
  await rc.authorize({ jwt: "demo-jwt-101" });
  const with_rc = {
    get: (uri) => refusedIs(rc.get(uri).then((answer) => answer.data ?? null)),
    post: (path, body) => refusedIs(rc.post(path, body).then((answer) => answer.data ?? null)),
  };
  tell("with the core", await followed(with_rc));

  const extension = new WebSocketExtension({ restOverWebSocket: true, autoRecover: { enabled: false } });
  await rc.installExtension(extension);
  tell("with the extension", await followed(with_rc));
  await extension.revoke();
});
