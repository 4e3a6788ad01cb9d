// A day with @rc-ex/core, which sends every SMS as multipart and has paths for everything.

const { default: RingCentral } = require("@rc-ex/core");
const { server, clientId, clientSecret, PICTURE, tell, callWithToken, run } = require("./story.js");

function application() {
  return new RingCentral({ server, clientId, clientSecret, appName: "ringmock-tests", appVersion: "1.0" });
}

const AS_JSON = { headers: { Accept: "application/vnd.ringcentral.multipart+json" } };

/** What became of one of several messages. */
function outcome({ status, body }) {
  return { status, body };
}

function own(rc) {
  return rc.restapi().account().extension();
}

run(async () => {
  const administrator = application();
  await administrator.authorize({ jwt: "demo-jwt-101" });
  tell("log in by JWT", await own(administrator).get());

  const member = application();
  await member.getToken({ grant_type: "password", username: "+16509100001", extension: "102", password: "Secret-1" });
  tell("log in by password", await own(member).get());

  const sms = { from: { phoneNumber: "16509100010" }, to: [{ phoneNumber: "14151003732" }], text: "Hello" };
  tell("send an SMS", await own(administrator).sms().post(sms));

  const files = [{ filename: "map.png", content: Buffer.from(PICTURE), contentType: "image/png" }];
  const mms = await own(administrator).mms().post({ ...sms, text: "The way to us", attachments: files });
  const fetched = await administrator.get(mms.attachments[1].uri, {}, { responseType: "arraybuffer" });
  tell("send an MMS", { message: mms, content: Buffer.from(fetched.data).toString(), type: fetched.headers["content-type"] });

  const { text: _, ...untold } = sms;
  tell("send a file without a text", await own(administrator).mms().post({ ...untold, attachments: files }));

  const { id: self } = await own(administrator).get();
  const note = { from: { extensionId: self }, to: [{ extensionId: self }], text: "Note to self" };
  tell("page oneself by a number", await own(administrator).companyPager().post(note));

  const page = { to: [{ extensionNumber: "200" }], text: "Anyone there?" };
  tell("page a Department", await own(administrator).companyPager().post(page));

  const received = await own(member).messageStore().list({ messageType: ["Pager", "SMS"], direction: ["Inbound"] });
  tell("list", received);
  const id = received.records[0].id;
  const message = own(member).messageStore(id);

  tell("reply", await own(member).companyPager().post({ replyOn: id, text: "I am" }));

  tell("read", await message.get());
  tell("read the text", (await member.get(received.records[0].attachments[0].uri)).data);
  tell("mark as read", await message.put({ readStatus: "Read" }));
  const known = await own(member).messageSync().get({ syncType: "FSync", messageType: ["Pager"] });
  tell("synchronize", known);
  const several = own(member).messageStore(`${id},1`);
  tell("read several", (await several.get(AS_JSON)).map(outcome));
  tell("mark several", (await several.put({ readStatus: "Unread" }, AS_JSON)).map(outcome));
  tell("delete", (await member.delete(message.path(), [])).status); // as message.delete([]), which hides the status
  const { syncToken } = known.syncInfo;
  tell("synchronize again", await own(member).messageSync().get({ syncType: "ISync", syncToken }));
  tell("read what was deleted", await message.get());
  tell("restore", await message.patch({ availability: "Alive" }));
  const every = own(member).messageStore("*");
  tell("delete several", (await member.delete(every.path(), [String(id), "1"])).status);
  const { conversationId } = received.records[0];
  const filter = { conversationId: [String(conversationId)] };
  tell("delete the conversation", (await member.delete(every.path(false), {}, filter)).status);
  tell("list what is left", await own(member).messageStore().list());

  const tooLong = { ...sms, text: "a".repeat(1001) };
  const refused = await own(administrator).sms().post(tooLong).catch((error) => error);
  tell("send too long a text", { status: refused.response.status, body: refused.response.data });

  const before = member.token.access_token;
  await member.refresh();
  const token = member.token.access_token;
  tell("refresh", { replaced: token !== before, old: await callWithToken(before), new: await callWithToken(token) });

  await member.revoke();
  tell("log out", await callWithToken(token));
});
