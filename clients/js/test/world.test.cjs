'use strict';

const assert = require('node:assert/strict');
const { afterEach, beforeEach, test } = require('node:test');

const { ControlError, ExpectationError, connect } = require('ringmock');

const OWN = '/restapi/v1.0/account/~/extension/~';
const HANDSET = '14151003732';

let server;
let world;

beforeEach(async () => {
  server = await connect(process.env.RINGMOCK_TEST_URL);
  world = await server.world();
});
afterEach(() => world.close());

/** A call of the API by extension 101. */
async function call(path, body) {
  const headers = { Authorization: `Bearer ${await world.token('101')}`, 'Content-Type': 'application/json' };
  return fetch(`${world.url}${OWN}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

function sms(text, to = HANDSET) {
  return call('/sms', { from: { phoneNumber: '16509100010' }, to: [{ phoneNumber: to }], text });
}

test('the module is the same by import and by require', async () => {
  assert.equal((await import('ringmock')).connect, connect);
  assert.deepEqual(Object.keys(await import('ringmock')).sort(), Object.keys(require('ringmock')).sort());
});

test('a wait is answered with the message, and with the code in it', async () => {
  const waiting = world.waitForSms({ to: HANDSET, extract: 'code' });
  await sms('Your code is 493021');

  const found = await waiting;
  assert.deepEqual([found.from, found.to, found.extracted], ['16509100010', [HANDSET], '493021']);
});

test('a wait takes the next message after one', async () => {
  await sms('One');
  await sms('Two');

  const first = await world.waitForSms();
  assert.equal((await world.waitForSms({ after: first })).text, 'Two');
  assert.equal((await world.waitForSms({ after: first.number })).text, 'Two');
  assert.deepEqual((await world.messages({ to: HANDSET })).map((each) => each.text), ['One', 'Two']);
});

test('a page is waited for by who it reaches', async () => {
  await call('/company-pager', { to: [{ extensionNumber: '102' }], text: 'Hello' });

  assert.equal((await world.waitForPage({ to: '102' })).text, 'Hello');
});

test('a wait in vain says what was sent instead, and shows the calls of the world', async () => {
  await sms('Hello');
  await call('/company-pager', { to: [{ extensionNumber: '104' }], text: 'Are you there?' });

  await assert.rejects(world.waitForSms({ contains: 'Goodbye', timeout: 0 }), (error) => {
    assert.ok(error instanceof ExpectationError);
    const [said, head, ...calls] = error.message.split('\n');
    assert.match(said, /^There is no SMS that contains 'Goodbye'.*SMS 16509100010 to 14151003732: 'Hello'/);
    assert.equal(head, 'The calls of this test, oldest first:');
    assert.match(calls[0], /^ {3}101 POST .*\/sms 200 .*14151003732 outside \(R-06\)$/);
    assert.match(calls[1], /^ {3}101 POST .*\/company-pager 4\d\d .*MSG-324 Extension is of unappropriate state/);
    return true;
  });
});

for (const [name, looked, isRefused] of [
  ['a message that is there', { to: HANDSET }, true],
  ['one that is not', { to: HANDSET, contains: 'Goodbye', within: 1 }, false],
  ['one of another type', { type: 'Pager' }, false],
]) {
  test(`expectNone() ${isRefused ? 'refuses' : 'allows'} ${name}`, async () => {
    await sms('Hello');
    const looking = world.expectNone(looked);
    if (isRefused) await assert.rejects(looking, { name: 'ExpectationError', message: /^There should be no .*\nThe calls of this test/ });
    else await looking;
  });
}

test('a phone outside writes, and has received what was sent to it', async () => {
  const phone = world.handset(`+${HANDSET}`);
  const file = { contentType: 'image/png', fileName: 'map.png', content: Buffer.from('a map').toString('base64') };

  const [{ recipient, outcome }] = await phone.send({ to: '16509100010', text: 'Hello', attachments: [file] });
  assert.deepEqual([recipient, outcome], ['16509100010', 'delivered']);
  assert.deepEqual((await world.waitForSms({ handset: HANDSET })).attachments.map((each) => each.size), [5]);

  await sms('Hello yourself');
  assert.deepEqual((await phone.messages()).map((each) => each.text), ['Hello yourself']);
});

test('the clock stands still, moves on and is set', async () => {
  await world.clock.freeze('2012-10-16T06:34:58Z');
  await world.clock.advance({ hours: 1, minutes: 30, seconds: 2 });
  assert.equal((await world.clock.now()).toISOString(), '2012-10-16T08:05:00.000Z');

  await world.clock.set(new Date('2012-10-17T00:00:00Z'));
  assert.equal((await world.clock.now()).toISOString(), '2012-10-17T00:00:00.000Z');
  await world.clock.goOn();
  assert.equal((await world.ask('GET', '/clock')).frozen, false);
});

test('the clock says what is due, and moves on to it', async () => {
  await world.clock.freeze('2012-10-16T06:00:00Z');
  assert.deepEqual(await world.clock.advance('next'), []);
  await world.token('101');
  await world.token('102');

  const due = await world.clock.due();
  assert.deepEqual(due.map(({ kind, extension }) => [kind, extension]), [['access-token-expired', '101'], ['access-token-expired', '102']]);
  assert.deepEqual(await world.clock.due(1), due.slice(0, 1));
  assert.deepEqual(await world.clock.advance('next'), due);
  assert.equal((await world.clock.now()).toISOString(), '2012-10-16T07:00:00.000Z');
});

for (const by of [60, {}, 'soon', { weeks: 1 }, { seconds: '1' }]) {
  test(`a clock is not moved on by ${JSON.stringify(by)}`, async () => {
    await assert.rejects(world.clock.advance(by), { name: 'TypeError', message: /^a duration is an object of numbers, as / });
  });
}

test('a fault on demand meets the calls that it is about', async () => {
  await world.fault('createSMSMessage', { error: 'CMN-201', times: 1 });
  await world.fault({ operation: 'createInternalTextMessage', error: 'MSG-330' });

  assert.deepEqual([(await sms('One')).status, (await sms('Two')).status], [503, 200]);
  await world.noFaults();
  assert.equal((await call('/company-pager', { to: [{ extensionNumber: '102' }], text: 'Hello' })).status, 200);
});

test('why() tells of the latest refusal, or of any call of the journal', async () => {
  await sms('Hello');
  await call('/company-pager', { to: [{ extensionNumber: '104' }], text: 'Are you there?' });

  const why = await world.why();
  assert.deepEqual([why.status, why.errors[0].errorCode, typeof why.repair], [400, 'MSG-324', 'object']);
  const [first] = await world.journal();
  assert.equal((await world.why(first)).status, 200);
  assert.equal((await world.why(first.id)).id, first.id);
});

test('why() without a refusal says so', async () => {
  await assert.rejects(world.why(), { name: 'ControlError', message: /^no call was refused/ });
});

test('extensions freeze and thaw, and Departments change', async () => {
  const page = async (to) => (await call('/company-pager', { to: [{ extensionNumber: to }], text: 'Hello' })).status;

  await world.freeze('102');
  assert.equal(await page('102'), 400);
  await world.thaw('102');
  assert.equal(await page('102'), 200);
  await world.members('200', '103');
  assert.deepEqual((await world.ask('GET', '/extensions/200')).members, ['103']);
});

test('carriers, WebSockets and findings are those of the world', async () => {
  await world.carriers({ profiles: [{ prefix: '1415', steps: [{ status: 'SendingFailed', error: 'SMS-UP-430' }] }] });
  await sms('Hello');
  assert.equal((await world.waitForSms({ status: 'SendingFailed' })).text, 'Hello');
  await world.carriers();

  assert.deepEqual([await world.closeWebSockets(), await world.findings()], [0, []]);
});

test('a reset takes the world back, and its log-ins stay good', async () => {
  await sms('Hello');
  await world.reset();

  assert.deepEqual(await world.messages(), []);
});

test('a world is opened by name, as a fork, and with a fixture; an open one stays open', async () => {
  await sms('Hello');
  const name = `${world.name}-fork`;
  const fork = await server.world({ name, fork: world.name });
  const other = await server.world({ fixture: 'carriers' });
  const same = await server.world({ open: name });
  try {
    assert.deepEqual((await fork.ask('GET', '/ready')).account, (await world.ask('GET', '/ready')).account);
    await same.close();
    assert.equal((await fork.ask('GET', `/worlds/${name}`)).name, name);
  } finally {
    await fork.close();
    await other.close();
  }
  await assert.rejects(server.world({ open: name }), (error) => error instanceof ControlError && error.status === 404);
});

for (const [name, refused, message] of [
  ['an extension that is not there', () => world.token('999'), /^There is no extension '?999/],
  ['a handset that is none', () => world.handset('abc').messages(), /phone number/],
  ['a name that is not known', () => world.waitForSms({ receiver: HANDSET }), /^'receiver' is not known here/],
  ['a wait that is too long', () => world.waitForSms({ timeout: 601_000 }), /^'wait' is a number from 0 to 600/],
]) {
  test(`${name} is refused in the words of the control API`, async () => {
    await assert.rejects(refused(), (error) => {
      assert.ok(error instanceof ControlError, error.stack);
      assert.match(error.message, message);
      return true;
    });
  });
}

test('what is no ringmock is told of', async () => {
  const http = require('node:http').createServer((_, answer) => answer.end('hello'));
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address();
  try {
    await assert.rejects(connect(`http://127.0.0.1:${port}`), { message: /answers, and is no ringmock$/ });
  } finally {
    http.close();
  }
});

test('a world goes back to a label and forks from it', async () => {
  await world.label('begun');
  await sms('One');
  const fork = await world.fork();
  await world.rewind('begun');

  assert.deepEqual(await world.messages({ to: HANDSET }), []);
  assert.equal((await fork.messages({ to: HANDSET })).length, 1);
  await fork.close();
});
