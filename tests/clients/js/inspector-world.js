// A world with something on every page, made by the control API and the API alone.

const { createServer } = require("node:http");

const OWN = "/restapi/v1.0/account/~/extension/~";
const PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Calls of the server at `url`, in the world `name`; `token` is 101's. */
function caller(url, name, token) {
  const call = async (method, path, body, by = token, more = {}) => {
    const headers = { "Content-Type": "application/json", "X-Ringmock-World": name, ...more };
    if (path.startsWith("/restapi")) headers.Authorization = `Bearer ${by}`;
    const answer = await fetch(url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  };
  return {
    call,
    sms: (to, text, from) => call("POST", `${OWN}/sms`, { from: { phoneNumber: from }, to: [{ phoneNumber: to }], text }),
    page: (to, text) => call("POST", `${OWN}/company-pager`, { to: to.map((extensionNumber) => ({ extensionNumber })), text }),
    write: (phone, to, text, more = {}) => call("POST", `/_mock/handsets/${phone}/messages`, { to, text, ...more }),
    /** Calls as another extension. */
    as: async (extension) => {
      const { access_token: by } = (await call("POST", "/_mock/tokens", { extension })).body;
      return (method, path, body) => call(method, path, body, by);
    },
    remove: (id) => call("DELETE", `${OWN}/message-store/${id}`),
  };
}

/** A receiver of webhooks, and how many notifications it was sent. */
function receiver() {
  return new Promise((done) => {
    const got = { count: 0 };
    const listening = createServer((request, answer) => {
      request.resume().on("end", () => {
        const given = request.headers["validation-token"];
        if (!given) got.count += 1;
        answer.writeHead(200, { "Content-Type": "application/json", ...(given ? { "Validation-Token": given } : {}) }).end();
      });
    }).listen(0, "127.0.0.1", () => done({ got, end: () => listening.unref().close(), url: `http://127.0.0.1:${listening.address().port}/hook` }));
  });
}

const ACCOUNT = "/restapi/v1.0/account/~";
const FILTERS = [`${ACCOUNT}/message-threads/sync`, `${ACCOUNT}/message-threads/entries/sync`];

/**
 * A thread of Department 200, from the first text of `customer` over two agents, who are told at `url`, to its
 * resolution. `reached(step)` is waited for after each step. Its id.
 */
async function thread(world, customer, url, reached = async () => {}) {
  const mailboxes = (await world.call("GET", "/_mock/extensions")).body.extensions;
  const [second, third, support] = ["102", "103", "200"].map((wanted) => mailboxes.find(({ number }) => number === wanted));
  const [shared] = support.phone_numbers;
  await world.call("POST", `${ACCOUNT}/extension/${support.id}/sms-recipients/bulk-assign`, { addedExtensionIds: [String(second.id), String(third.id)] });
  const [asSecond, asThird] = [await world.as("102"), await world.as("103")];
  for (const agent of [asSecond, asThird]) await agent("POST", "/restapi/v1.0/subscription", { eventFilters: FILTERS, deliveryMode: { transportType: "WebHook", address: url } });
  await world.write(customer, shared, "My line is down since this morning.");
  const { id } = (await world.call("GET", "/_mock/message-threads")).body.threads[0];
  const of = `${ACCOUNT}/message-threads`;
  const assign = (agent, whom) => agent("POST", `${of}/${id}/assign`, { assignee: { extensionId: String(whom.id) } });
  const say = (agent, text) => agent("POST", `${of}/messages`, { from: { phoneNumber: `+${shared}` }, to: [{ phoneNumber: `+${customer}` }], text });
  const note = (agent, text) => agent("POST", `${of}/notes`, { threadId: id, text });
  const steps = [
    ["taken", () => assign(asSecond, second)],
    ["answered", () => say(asSecond, "We look into it.")],
    ["noted", () => note(asSecond, "Is with another carrier, too.")],
    ["reassigned", () => assign(asSecond, third)],
    ["noted again", () => note(asThird, "A technician calls tomorrow.")],
    ["thanked", () => world.write(customer, shared, "It works again, thank you!")],
    ["resolved", () => asThird("POST", `${of}/${id}/resolve`)],
  ];
  for (const [step, take] of steps) {
    const { status, body } = await take();
    if (status >= 300) throw new Error(`${step}: ${JSON.stringify(body)}`);
    await reached(step, id);
  }
  return id;
}

/** What the pages of `inspector-table.js` are about. `number` is one of 101's, `phone` outside. */
async function made(url, name, token, phone, number) {
  const world = caller(url, name, token);
  await world.call("PUT", "/_mock/clock", { now: "2026-03-02T09:00:00Z", frozen: true });
  const first = await world.sms(phone, "Hi! Your order 4821 is ready for pickup until 6 pm.", number);
  if (first.status !== 200) throw new Error(JSON.stringify(first.body));
  await world.write(phone, number, "On my way. Can I bring the old battery?");
  await world.write(phone, number, "Is this the right door?", { attachments: [{ contentType: "image/png", fileName: "door.png", content: PICTURE }, { contentType: "application/pdf", fileName: "invoice.pdf", content: "JVBERi0xLjQ=" }] });
  const wrong = await world.sms(phone, "(sent by mistake)", number);
  await world.remove(wrong.body.id);
  await world.write("12025550199", number, "STOP");
  await world.page(["200"], "All hands: the line for orders moves at noon.");
  await world.page(["102"], "Who is on call tonight?");
  await world.page(["104"], "Are you there?");
  await world.sms("12", "To no number.", number);
  await world.call("PUT", "/_mock/carrier", { profiles: [{ prefix: "1202", steps: [{ status: "Sent", after: 1 }, { status: "DeliveryFailed", after: 5, error: "SMS-CAR-411" }] }] });
  await world.call("PUT", "/_mock/history/labels/before-the-thread");
  const told = await receiver();
  const threadId = await thread(world, "12025550170", told.url);
  const refused = (await world.call("GET", "/_mock/journal?limit=100")).body.find(({ status }) => status === 400);
  const { conversations } = (await world.call("GET", "/_mock/extensions/101/conversations")).body;
  const ofPhone = conversations.find(({ with: others }) => others[0].number === phone);
  const ofDepartment = conversations.find(({ departments }) => departments.length);
  return { ...world, end: told.end, thread: threadId, conversation: ofPhone.id, department: ofDepartment.id, phone, number, message: first.body.id, refused: refused.id };
}

module.exports = { caller, made, receiver, thread };
