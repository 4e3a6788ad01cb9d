const { SDK } = require('@ringcentral/sdk');
const { start } = require('ringmock');

const { Alerts } = require('./alerts.js');

let ringmock;
let world;
let alerts;

beforeAll(async () => {
  ringmock = await start();
}, 30_000);
afterAll(() => ringmock?.close());

beforeEach(async () => {
  world = await ringmock.world();
  const { url: server, clientId, clientSecret, name: cachePrefix } = world;
  const sdk = new SDK({ server, clientId, clientSecret, cachePrefix });
  await sdk.platform().login({ jwt: 'demo-jwt-101' });
  alerts = new Alerts(sdk.platform());
});
afterEach(() => world?.close());

test('a customer gets a text', async () => {
  await alerts.text('16509100010', '14151003732', 'Your line is back');

  await world.waitForSms({ to: '14151003732', contains: 'back' });
  const received = await world.handset('14151003732').messages();
  expect(received.map((sms) => sms.text)).toEqual(['Your line is back']);
});

test('a code reaches the phone', async () => {
  await alerts.text('16509100010', '14151003732', 'Your code is 493021');

  const sms = await world.waitForSms({ to: '14151003732', extract: 'code' });
  expect(sms.extracted).toBe('493021');
});

test('a busy service is asked again, once', async () => {
  await world.fault('createSMSMessage', { error: 'CMN-201', times: 1 });

  await alerts.text('16509100010', '14151003732', 'Your line is back');

  expect(await world.messages({ to: '14151003732' })).toHaveLength(1);
});

test('nobody is written to twice', async () => {
  await alerts.text('16509100010', '14151003732', 'Your line is back');

  const first = await world.waitForSms({ to: '14151003732' });
  await world.expectNone({ to: '14151003732', after: first });
});
