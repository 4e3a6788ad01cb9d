// How often a notification comes that was due while the client of @rc-ex/ws was on its way from one socket to the next.

const { default: RingCentral } = require("@rc-ex/core");
const { default: WebSocketExtension } = require("@rc-ex/ws");
const { server, clientId, clientSecret, tell, run } = require("./story.js");

const FILTERS = ["/restapi/v1.0/account/~/extension/~/message-store"];
const TIMES = 200;

run(async () => {
  const member = new RingCentral({ server, clientId, clientSecret });
  await member.authorize({ jwt: "demo-jwt-102" });
  let waiting = () => {};
  const extension = new WebSocketExtension({ autoRecover: { enabled: false } });
  await member.installExtension(extension);
  await extension.subscribe(FILTERS, () => waiting());
  const states = {};
  for (let time = 0; time < TIMES; time++) {
    const notified = new Promise((resolve) => (waiting = resolve));
    extension.ws.close();
    await member.restapi().account().extension().companyPager().post({ to: [{ extensionNumber: "102" }], text: "Me" });
    await extension.recover();
    const state = extension.connectionDetails.recoveryState;
    states[state] = (states[state] ?? 0) + 1;
    await notified;
  }
  await extension.revoke();
  tell("recover", states);
});
