// What becomes of a subscription: with @ringcentral/subscriptions, and with @rc-ex/core and @rc-ex/ws.

const { SDK } = require("@ringcentral/sdk");
const { Subscriptions } = require("@ringcentral/subscriptions");
const { default: RingCentral } = require("@rc-ex/core");
const { default: WebSocketExtension } = require("@rc-ex/ws");
const { server, clientId, clientSecret, tell, callWithToken, run } = require("./story.js");

const STORE = "/restapi/v1.0/account/~/extension/~/message-store";
const FILTERS = [STORE, `${STORE}/instant?type=SMS`];
const application = { server, clientId, clientSecret, appName: "ringmock-tests", appVersion: "1.0" };

/** Events in the order in which they come, each waited for. */
function inbox() {
  const here = [];
  const waiting = [];
  return {
    put: (event) => (waiting.length ? waiting.shift()(event) : here.push(event)),
    next: () => (here.length ? Promise.resolve(here.shift()) : new Promise((resolve) => waiting.push(resolve))),
  };
}

const SENT = { to: [{ extensionNumber: "102" }], text: "Anyone there?" };

run(async () => {
  const colleague = new RingCentral(application);
  await colleague.authorize({ jwt: "demo-jwt-101" });
  const send = () => colleague.restapi().account().extension().companyPager().post(SENT);

  // @ringcentral/subscriptions
  const sdk = new SDK({ ...application, cachePrefix: "watcher" });
  await sdk.platform().login({ jwt: "demo-jwt-102" });
  const subscription = new Subscriptions({ sdk }).createSubscription().setEventFilters(FILTERS);
  const first = inbox();
  subscription.on(subscription.events.notification, first.put);
  const registered = await subscription.register();
  tell("subscribe with the SDK", registered.subscriptionInfo);
  tell("page with the SDK", await send());
  tell("event with the SDK", await first.next());
  await registered.wse.revoke();
  tell("unsubscribe with the SDK", await (await sdk.platform().get("/restapi/v1.0/subscription")).json());

  // @rc-ex/ws, every call on the connection
  const member = new RingCentral(application);
  await member.authorize({ jwt: "demo-jwt-102" });
  const extension = new WebSocketExtension({ restOverWebSocket: true, autoRecover: { enabled: false } });
  await member.installExtension(extension);
  const second = inbox();
  const held = await extension.subscribe(FILTERS, second.put);
  tell("subscribe with the extension", held.subscriptionInfo);
  tell("page with the extension", await send());
  tell("event with the extension", await second.next());
  tell("call on the connection", await member.restapi().account().extension().get());
  const refused = await member.restapi().account().extension().sms().post({ text: "To nobody" }).catch((error) => error);
  tell("refusal on the connection", { status: refused.response.status, body: refused.response.data });

  const closed = new Promise((resolve) => extension.ws.addEventListener("close", resolve));
  extension.ws.close();
  await closed;
  tell("page to a lost connection", await send());
  await extension.recover();
  tell("recover the connection", extension.connectionDetails);
  tell("event that was missed", await second.next());

  await extension.revoke();
  tell("unsubscribe with the extension", (await member.get("/restapi/v1.0/subscription")).data);
  const token = member.token.access_token;
  await member.revoke();
  tell("log out", await callWithToken(token));
});
