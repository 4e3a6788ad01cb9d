'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const { after, test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { connect, start } = require('ringmock');

/** A server that runs, and how this machine starts one. */
const { RINGMOCK_TEST_URL: URL_OF_SERVER, RINGMOCK_TEST_COMMAND } = process.env;
const REAL = JSON.parse(RINGMOCK_TEST_COMMAND);

/** A fake of a program: notes how it was called, and is ready at the running server's port until its input ends. */
const SERVES = `
echo "$0 $* $UV_OFFLINE" >> "$NOTES"
while [ "$1" != --port-file ]; do shift; done
echo "$PORT" > "$2.half" && /bin/mv "$2.half" "$2"
cat > /dev/null
echo ended >> "$NOTES"
`;
const LACKS = 'echo "/usr/bin/python3: No module named ringmock" >&2; exit 1';
const HAS_NO_NETWORK = 'echo "ringmock was not found in the cache" >&2; exit 1';

const folders = [];
after(() => folders.forEach((folder) => fs.rmSync(folder, { recursive: true })));

/** A PATH with these programs, and `cat`; and how they were called. */
function machine(programs) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmock-test-'));
  folders.push(folder);
  fs.symlinkSync('/bin/cat', path.join(folder, 'cat'));
  for (const [name, script] of Object.entries(programs)) {
    fs.writeFileSync(path.join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const notes = path.join(folder, 'notes');
  const env = { PATH: folder, NOTES: notes, PORT: new URL(URL_OF_SERVER).port, UV_OFFLINE: '' };
  delete env.UV_OFFLINE;
  return { env, called: () => fs.readFileSync(notes, 'utf8').replaceAll(`${folder}/`, '').split('\n') };
}

test('start() refuses an option that it does not have, before it starts anything', async () => {
  await assert.rejects(start({ fixtures: 'carriers' }), {
    name: 'TypeError',
    message: /^start\(\) has no option fixtures: it takes url, token, ca, fixture, generation,/,
  });
});

const SERVING = /serve --port 0 --port-file \S+ --stop-with-stdin --quiet ?$/;

for (const [name, programs, how, words] of [
  ['ringmock on the PATH', { ringmock: SERVES, uvx: SERVES, python3: SERVES }, {}, 'ringmock'],
  ['what uv has', { uvx: SERVES, python3: SERVES }, {}, 'uvx ringmock'],
  ['what uv installs from an address', { uvx: SERVES }, { from: 'ringmock @ git+file:///a' }, 'uvx --from ringmock @ git+file:///a ringmock'],
  ['the module, where uv has none', { uvx: HAS_NO_NETWORK, python3: SERVES }, {}, 'python3 -m ringmock'],
  ['the module of another Python', { python3: LACKS, python: SERVES }, {}, 'python -m ringmock'],
  ['what the test names', { ringmock: LACKS, mine: SERVES }, { command: ['mine', 'first'] }, 'mine first'],
]) {
  test(`start() takes ${name}`, async () => {
    const { env, called } = machine(programs);
    const server = await start({ env, ...how });
    await server.close();

    const [call, ended] = called();
    assert.ok(call.startsWith(`${words} serve `), call);
    assert.match(call.replace(/ 1$/, ''), SERVING);
    assert.equal(ended, 'ended');
  });
}

for (const [from, offline] of [[undefined, ' 1'], ['ringmock @ git+file:///a', ' ']]) {
  test(`uv ${from ? 'installs from the address that it is given' : 'downloads nothing by the name alone'}`, async () => {
    const { env, called } = machine({ uvx: SERVES });
    await (await start({ env, from })).close();

    assert.ok(called()[0].endsWith(`--quiet${offline}`), called()[0]);
  });
}

test('with no ringmock at hand the error says where it was looked for and what to do', async () => {
  const { env } = machine({ uvx: HAS_NO_NETWORK, python3: LACKS });

  await assert.rejects(start({ env }), (error) => {
    assert.equal(error.message, [
      'There is no ringmock to start. Tried, in this order:',
      '  ringmock: not found',
      '  uvx ringmock: ringmock was not found in the cache',
      '  python3 -m ringmock: /usr/bin/python3: No module named ringmock',
      '  python -m ringmock: not found',
      'One of these helps:',
      '  pip install "ringmock @ git+ADDRESS", with Python 3.11 or later, and its bin folder on the PATH',
      "  start({ command: ['.venv/bin/ringmock'] }) for one that is not on the PATH",
      "  start({ from: 'ringmock @ git+ADDRESS' }), or RINGMOCK_FROM, for uvx to install it from",
      "  start({ url: 'http://127.0.0.1:8080' }), or RINGMOCK_URL, for a server that runs already",
    ].join('\n'));
    return true;
  });
});

for (const [name, script, how, said] of [
  ['refuses', 'echo "Error: mine.yaml:3: account.id" >&2; exit 1', {}, /^ringmock ended before it was ready \(status 1\)\nError: mine.yaml:3: account.id$/],
  ['is never ready', 'exec cat', { timeout: 100 }, /^ringmock was not ready within 100 ms/],
]) {
  test(`a ringmock that ${name} is told of, and no other is taken`, async () => {
    const { env } = machine({ ringmock: script, python3: SERVES });
    await assert.rejects(start({ env, ...how }), { message: said });
  });
}

test('a URL is taken as it is, and ends nothing', async () => {
  const server = await start({ url: `${URL_OF_SERVER}/` });
  await server.close();

  assert.equal(server.url, URL_OF_SERVER);
  assert.equal(server.pid, undefined);
  await connect(URL_OF_SERVER);
});

for (const [name, promise, said] of [
  ['what would be of a server that is started', () => start({ url: URL_OF_SERVER, fixture: 'demo' }), /^fixture would be of a server that is started here/],
  ['an address that is none', () => connect('localhost:8080'), /is not the address of a server, as http:/],
  ['an address where nobody listens', () => connect('http://127.0.0.1:1'), /^no answer from http:\/\/127\.0\.0\.1:1: .*`ringmock serve` starts a server/],
]) {
  test(`${name} is refused with what would be right`, async () => {
    await assert.rejects(promise, { message: said });
  });
}

/** Whether a process is there, looked for until it is gone or often enough. */
async function isGone(pid) {
  for (let looks = 0; looks < 1000; looks += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(20);
  }
  return false;
}

test('a server is started, serves a world and ends with close()', async () => {
  const server = await start({ timeout: 120_000, command: REAL, fixture: 'source-page', generation: 'current', options: ['--max-worlds', '3'] });
  try {
    const world = await server.world();
    assert.deepEqual(await world.handset('14151003732').messages(), []);
    assert.equal((await world.ask('GET', '/ready')).generation, 'current');
  } finally {
    await server.close();
  }
  assert.ok(await isGone(server.pid));
  await server.close();
});

test('a server with a certificate of its own is reached by HTTPS, and says what a client has to trust', async () => {
  const server = await start({ timeout: 120_000, command: REAL, tls: true });
  try {
    assert.match(server.url, /^https:/);
    const world = await server.world();
    const token = await world.token('101');
    const own = `${world.url}/restapi/v1.0/account/~/extension/~`;

    const body = await new Promise((resolve, reject) => {
      https.get(own, { ca: server.root, headers: { Authorization: `Bearer ${token}` }, agent: false }, (answer) => {
        answer.setEncoding('utf8').on('data', resolve);
      }).on('error', reject);
    });
    assert.equal(JSON.parse(body).extensionNumber, '101');
    assert.ok(JSON.parse(body).uri.startsWith(world.url), body);
    await assert.rejects(connect(server.url), { message: /^no answer from https:.*certificate/ });
  } finally {
    await server.close();
  }
});

test('a server ends with the process that started it, even one that is killed', async () => {
  const script = `
    require('ringmock').start({ timeout: 120_000, command: ${RINGMOCK_TEST_COMMAND} }).then(({ pid }) => {
      process.stdout.write(String(pid));
      setInterval(() => {}, 1000);
    });
  `;
  const child = spawn(process.execPath, ['-e', script], { cwd: __dirname, stdio: ['ignore', 'pipe', 'inherit'] });
  const [pid] = await require('node:events').once(child.stdout, 'data');
  child.kill('SIGKILL');

  assert.ok(await isGone(Number(pid)));
});

test('a server that nobody closes keeps no process from ending', async () => {
  const script = `require('ringmock').start({ timeout: 120_000, command: ${RINGMOCK_TEST_COMMAND} }).then(({ pid }) => console.log(pid));`;
  const child = spawn(process.execPath, ['-e', script], { cwd: __dirname, stdio: ['ignore', 'pipe', 'inherit'] });
  let pid = '';
  child.stdout.on('data', (piece) => { pid += piece; });
  const [status] = await require('node:events').once(child, 'close');

  assert.equal(status, 0);
  assert.ok(await isGone(Number(pid)));
});
