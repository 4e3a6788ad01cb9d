// A day with @ringcentral/sdk: everybody is in the one world of this client id.

const { SDK } = require("@ringcentral/sdk");
const FormData = require("form-data");
const { server, clientId, clientSecret, PICTURE, tell, callWithToken, run } = require("./story.js");

const OWN = "/restapi/v1.0/account/~/extension/~";

/** Two SDKs of one process share their tokens unless their caches are told apart. */
async function loggedIn(cachePrefix, credentials) {
  const application = { server, clientId, clientSecret, appName: "ringmock-tests", appVersion: "1.0" };
  const user = new SDK({ ...application, cachePrefix }).platform();
  await user.login(credentials);
  return user;
}

async function json(answer) {
  return (await answer).json();
}

/** What became of each of several messages, as the SDK takes a multipart answer apart. */
async function parts(answer) {
  const each = await new SDK({ server }).client().multipart(await answer);
  return Promise.all(each.map(async (part) => ({ status: part.status, body: await part.json() })));
}

run(async () => {
  const administrator = await loggedIn("administrator", { jwt: "demo-jwt-101" });
  tell("log in by JWT", await json(administrator.get(OWN)));

  const member = await loggedIn("member", { username: "+16509100001", extension: "102", password: "Secret-1" });
  tell("log in by password", await json(member.get(OWN)));

  const sms = { from: { phoneNumber: "16509100010" }, to: [{ phoneNumber: "14151003732" }], text: "Hello" };
  tell("send an SMS", await json(administrator.post(`${OWN}/sms`, sms)));

  const form = new FormData();
  const message = JSON.stringify({ ...sms, text: "The way to us" });
  form.append("json", Buffer.from(message), { filename: "request.json", contentType: "application/json" });
  form.append("attachment", Buffer.from(PICTURE), { filename: "map.png", contentType: "image/png" });
  const mms = await json(administrator.post(`${OWN}/mms`, form));
  const fetched = await administrator.get(mms.attachments[1].uri);
  tell("send an MMS", { message: mms, content: await fetched.text(), type: fetched.headers.get("content-type") });

  const silent = new FormData();
  const { text: _, ...untold } = JSON.parse(message);
  silent.append("json", Buffer.from(JSON.stringify(untold)), { filename: "request.json", contentType: "application/json" });
  silent.append("attachment", Buffer.from(PICTURE), { filename: "map.png", contentType: "image/png" });
  tell("send a file without a text", await json(administrator.post(`${OWN}/sms`, silent)));

  const { id: self } = await json(administrator.get(OWN));
  const note = { from: { extensionId: self }, to: [{ extensionId: self }], text: "Note to self" };
  tell("page oneself by a number", await json(administrator.post(`${OWN}/company-pager`, note)));

  const page = { to: [{ extensionNumber: "200" }], text: "Anyone there?" };
  tell("page a Department", await json(administrator.post(`${OWN}/company-pager`, page)));

  const received = await json(member.get(`${OWN}/message-store`, { messageType: ["Pager", "SMS"], direction: "Inbound" }));
  tell("list", received);
  const path = `${OWN}/message-store/${received.records[0].id}`;

  const reply = { replyOn: received.records[0].id, text: "I am" };
  tell("reply", await json(member.post(`${OWN}/company-pager`, reply)));

  tell("read", await json(member.get(path)));
  tell("read the text", await (await member.get(received.records[0].attachments[0].uri)).text());
  tell("mark as read", await json(member.put(path, { readStatus: "Read" })));
  const known = await json(member.get(`${OWN}/message-sync`, { syncType: "FSync", messageType: "Pager" }));
  tell("synchronize", known);
  tell("read several", await parts(member.get(`${path},1`)));
  tell("mark several", await parts(member.put(`${path},1`, { readStatus: "Unread" })));
  tell("delete", (await member.delete(path)).status);
  const { syncToken } = known.syncInfo;
  tell("synchronize again", await json(member.get(`${OWN}/message-sync`, { syncType: "ISync", syncToken })));
  tell("read what was deleted", await json(member.get(path)));
  tell("restore", await json(member.send({ method: "PATCH", url: path, body: { availability: "Alive" } })));
  tell("delete several", (await member.delete(`${path},1`)).status);
  const { conversationId } = received.records[0];
  tell("delete the conversation", (await member.delete(`${OWN}/message-store`, { conversationId })).status);
  tell("list what is left", await json(member.get(`${OWN}/message-store`)));

  const refused = await administrator.post(`${OWN}/sms`, { ...sms, text: "a".repeat(1001) }).catch((error) => error);
  tell("send too long a text", { status: refused.response.status, body: await refused.response.json() });

  const before = (await member.auth().data()).access_token;
  await member.refresh();
  const token = (await member.auth().data()).access_token;
  tell("refresh", { replaced: token !== before, old: await callWithToken(before), new: await callWithToken(token) });

  await member.logout();
  tell("log out", await callWithToken(token));
});
