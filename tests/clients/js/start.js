// The start of a real client, by either SDK: log in, what RingCentral's own widget asks before its first message, a
// synchronization, a subscription, and the first SMS.

const { SDK } = require("@ringcentral/sdk");
const { default: RingCentral } = require("@rc-ex/core");
const { server, clientId, clientSecret, tell, run } = require("./story.js");

const [client, receiver] = process.argv.slice(5);
const ACCOUNT = "/restapi/v1.0/account/~";
const OWN = `${ACCOUNT}/extension/~`;
const application = { server, clientId, clientSecret, appName: "ringmock-tests", appVersion: "1.0" };

/** What is asked, and the one way in which a list is read: the greatest page, the first. */
const LISTS = { page: 1, perPage: "MAX" };
const ASKED = [
  ["account", ACCOUNT],
  ["extension", OWN],
  ["features", `${OWN}/features`],
  ["phone numbers", `${OWN}/phone-number`, LISTS],
  ["dialing plan", `${ACCOUNT}/dialing-plan`, LISTS],
  ["devices", `${OWN}/device`, LISTS],
  ["caller id", `${OWN}/caller-id`],
  ["forwarding numbers", `${OWN}/forwarding-number`, LISTS],
  ["presence", `${OWN}/presence?detailedTelephonyState=true&sipData=true&totalActiveCalls`],
  ["account's presence", `${ACCOUNT}/presence`, LISTS],
  ["call queues' presence", `${OWN}/call-queue-presence`],
  ["call log", `${OWN}/call-log-sync`, { syncType: "FSync", recordCount: 250 }],
  ["active calls", `${OWN}/active-calls`, LISTS],
  ["time zones", "/restapi/v1.0/dictionary/timezone", LISTS],
  ["client info", "/restapi/v1.0/client-info"],
  ["video", `${OWN}/video-configuration`],
];

/** Both SDKs alike: `get` and `post` answer what the server's JSON says. */
async function signedIn() {
  if (client === "ringcentral-sdk") {
    const platform = new SDK(application).platform();
    await platform.login({ jwt: "demo-jwt-101" });
    const json = async (answer) => (await answer).json();
    return {
      get: (path, query) => json(platform.get(path, query)),
      post: (path, body) => json(platform.post(path, body)),
    };
  }
  const rc = new RingCentral(application);
  await rc.authorize({ jwt: "demo-jwt-101" });
  return {
    get: async (path, query) => (await rc.get(path, query)).data,
    post: async (path, body) => (await rc.post(path, body)).data,
  };
}

run(async () => {
  tell("status", (await fetch(`${server}/restapi/v1.0/status`)).status);
  const { get, post } = await signedIn();
  for (const [step, path, query] of ASKED) tell(step, await get(path, query));
  tell("SIP", await post("/restapi/v1.0/client-info/sip-provision", { sipInfo: [{ transport: "WSS" }] }));
  tell("synchronize", await get(`${OWN}/message-sync`, { syncType: "FSync", recordCount: 10 }));
  const subscription = {
    eventFilters: [`${OWN}/message-store`, `${OWN}/presence?detailedTelephonyState=true&sipData=true`],
    deliveryMode: { transportType: "WebHook", address: receiver },
  };
  tell("subscribe", await post("/restapi/v1.0/subscription", subscription));
  const sms = { from: { phoneNumber: "16509100010" }, to: [{ phoneNumber: "14151003732" }], text: "The first" };
  tell("first SMS", await post(`${OWN}/sms`, sms));
});
