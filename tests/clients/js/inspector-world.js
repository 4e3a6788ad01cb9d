// A world with something on every page, made by the control API and the API alone.

const OWN = "/restapi/v1.0/account/~/extension/~";
const PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Calls of the server at `url`, in the world `name`; `token` is 101's. */
function caller(url, name, token) {
  const call = async (method, path, body) => {
    const headers = { "Content-Type": "application/json", "X-Ringmock-World": name };
    if (path.startsWith("/restapi")) headers.Authorization = `Bearer ${token}`;
    const answer = await fetch(url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  };
  return {
    call,
    sms: (to, text, from) => call("POST", `${OWN}/sms`, { from: { phoneNumber: from }, to: [{ phoneNumber: to }], text }),
    page: (to, text) => call("POST", `${OWN}/company-pager`, { to: to.map((extensionNumber) => ({ extensionNumber })), text }),
    write: (phone, to, text, more = {}) => call("POST", `/_mock/handsets/${phone}/messages`, { to, text, ...more }),
    remove: (id) => call("DELETE", `${OWN}/message-store/${id}`),
  };
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
  const refused = (await world.call("GET", "/_mock/journal?limit=20")).body.find(({ status }) => status === 400);
  const { conversations } = (await world.call("GET", "/_mock/extensions/101/conversations")).body;
  const ofPhone = conversations.find(({ with: others }) => others[0].number === phone);
  const ofDepartment = conversations.find(({ departments }) => departments.length);
  return { ...world, conversation: ofPhone.id, department: ofDepartment.id, phone, number, message: first.body.id, refused: refused.id };
}

module.exports = { caller, made };
