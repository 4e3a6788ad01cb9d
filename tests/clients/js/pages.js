// What answers lead to: with @ringcentral/sdk and @rc-ex/core, an SMS by its uri, and the next page of a list.

const { SDK } = require("@ringcentral/sdk");
const { default: RingCentral } = require("@rc-ex/core");
const { server, clientId, clientSecret, tell, run } = require("./story.js");

const OWN = "/restapi/v1.0/account/~/extension/~";
const application = { server, clientId, clientSecret, appName: "ringmock-tests", appVersion: "1.0" };

const sms = (text) => ({ from: { phoneNumber: "16509100010" }, to: [{ phoneNumber: "14151003732" }], text });

run(async () => {
  const platform = new SDK({ ...application, cachePrefix: "pages" }).platform();
  await platform.login({ jwt: "demo-jwt-101" });
  await platform.post(`${OWN}/sms`, sms("one"));
  const sent = await (await platform.post(`${OWN}/sms`, sms("two"))).json();
  const first = await (await platform.get(`${OWN}/message-store`, { perPage: 1 })).json();
  const second = await (await platform.get(first.navigation.nextPage.uri)).json();
  tell("sent with the SDK", sent.uri);
  tell("read by uri with the SDK", (await (await platform.get(sent.uri)).json()).subject);
  tell("pages with the SDK", [first, second].map((page) => page.records[0].subject));

  const rc = new RingCentral(application);
  await rc.authorize({ jwt: "demo-jwt-101" });
  const list = await rc.restapi().account().extension().messageStore().list({ perPage: 1 });
  const next = (await rc.get(list.navigation.nextPage.uri)).data;
  tell("read by uri with the core", (await rc.get(sent.uri)).data.subject);
  tell("pages with the core", [list, next].map((page) => page.records[0].subject));
});
