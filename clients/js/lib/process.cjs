'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** How often the port file is looked for, in milliseconds. */
const LOOK = 15;
/** How long a server that was told to stop may take, in milliseconds. */
const STOPPING = 5_000;
/** Characters of a server's log that an error shows. */
const SHOWN = 2_000;

/**
 * @typedef {object} Way  One way to start ringmock.
 * @property {readonly [string, ...string[]]} command
 * @property {NodeJS.ProcessEnv} [env]  Beside what there is.
 * @property {RegExp} [absent]  What it says where ringmock is not there: then the next way is tried.
 */

/**
 * The ways to start ringmock, in the order in which they are tried.
 * @param {string | undefined} from  The requirement that `uvx` installs ringmock from.
 * @returns {Way[]}
 */
function ways(from) {
  const python = process.platform === 'win32' ? ['python', 'py'] : ['python3', 'python'];
  return [
    { command: ['ringmock'] },
    // Without an address uv may take what it has, and not what an index has under the name.
    from === undefined
      ? { command: ['uvx', 'ringmock'], env: { UV_OFFLINE: '1' }, absent: /./ }
      : { command: ['uvx', '--from', from, 'ringmock'] },
    ...python.map((name) => /** @type {Way} */ ({ command: [name, '-m', 'ringmock'], absent: /No module named/ })),
  ];
}

class Absent extends Error {}

/**
 * A server in a process of its own. It stops when the process that started it ends, in whichever way.
 */
class Process {
  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {number} port
   * @param {string | undefined} root  In PEM, what has signed its certificate; undefined for HTTP.
   */
  constructor(child, port, root) {
    /** @private */
    this.child = child;
    this.port = port;
    this.root = root;
  }

  get pid() {
    return this.child.pid;
  }

  /** Stop the server, and wait until it has. */
  async stop() {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const late = setTimeout(() => child.kill('SIGKILL'), STOPPING);
    child.stdin?.end();
    await ended;
    clearTimeout(late);
  }
}

/**
 * Start `ringmock serve` on any port.
 * @param {readonly string[]} options  Of the command.
 * @param {{ command?: readonly [string, ...string[]] | undefined, from?: string | undefined,
 *   cwd?: string | undefined, env?: NodeJS.ProcessEnv | undefined, timeout: number }} how
 * @returns {Promise<Process>} Rejected with an `Error` that says what to do.
 */
async function serve(options, how) {
  /** @type {string[]} */
  const tried = [];
  for (const way of how.command ? [{ command: how.command }] : ways(how.from)) {
    try {
      return await serveBy(way, options, how);
    } catch (error) {
      if (!(error instanceof Absent)) throw error;
      tried.push(`  ${way.command.join(' ')}: ${error.message}`);
    }
  }
  throw new Error(advice(tried));
}

/** @param {string[]} tried */
function advice(tried) {
  return [
    'There is no ringmock to start. Tried, in this order:',
    ...tried,
    'One of these helps:',
    '  pip install "ringmock @ git+ADDRESS", with Python 3.11 or later, and its bin folder on the PATH',
    "  start({ command: ['.venv/bin/ringmock'] }) for one that is not on the PATH",
    "  start({ from: 'ringmock @ git+ADDRESS' }), or RINGMOCK_FROM, for uvx to install it from",
    "  start({ url: 'http://127.0.0.1:8080' }), or RINGMOCK_URL, for a server that runs already",
  ].join('\n');
}

/**
 * @param {Way} way
 * @param {readonly string[]} options
 * @param {{ cwd?: string | undefined, env?: NodeJS.ProcessEnv | undefined, timeout: number }} how
 * @returns {Promise<Process>}
 */
async function serveBy(way, options, how) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmock-'));
  const file = path.join(folder, 'port');
  const [program, ...before] = way.command;
  const child = spawn(
    program,
    [...before, 'serve', '--port', '0', '--port-file', file, '--stop-with-stdin', '--quiet', ...options],
    {
      cwd: how.cwd,
      env: { ...process.env, ...way.env, ...how.env },
      stdio: ['pipe', 'ignore', 'pipe'],
      windowsHide: true,
    },
  );
  try {
    const port = await ready(child, file, way, how.timeout);
    for (const each of [child, child.stdin, child.stderr]) /** @type {any} */ (each).unref();
    return new Process(child, port, textOf(`${file}.pem`));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The port of a server, once it is ready.
 * @param {import('node:child_process').ChildProcessByStdio<import('node:stream').Writable, null,
 *   import('node:stream').Readable>} child
 * @param {string} file
 * @param {Way} way
 * @param {number} timeout
 * @returns {Promise<number>}
 */
function ready(child, file, way, timeout) {
  const name = way.command.join(' ');
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (piece) => { log = (log + piece).slice(-SHOWN); });
  child.stdin.on('error', () => {}); // of a server that has ended
  return new Promise((resolve, reject) => {
    const looking = setInterval(() => {
      const port = textOf(file);
      if (port !== undefined) settle(() => resolve(Number(port)));
    }, LOOK);
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      settle(() => reject(new Error(`${name} was not ready within ${timeout} ms\n${log}`)));
    }, timeout);
    child.on('error', (/** @type {NodeJS.ErrnoException} */ error) => settle(() => reject(
      error.code === 'ENOENT' ? new Absent('not found') : new Error(`${name} cannot be started: ${error.message}`),
    )));
    child.on('close', (status, signal) => settle(() => {
      const said = log.trim();
      if (way.absent?.test(said)) reject(new Absent(said.split('\n').at(-1)));
      else reject(new Error(`${name} ended before it was ready (${signal ?? `status ${status}`})\n${said}`));
    }));

    /** @param {() => void} then */
    function settle(then) {
      clearInterval(looking);
      clearTimeout(late);
      then();
    }
  });
}

/**
 * @param {string} file
 * @returns {string | undefined}  Undefined while there is none.
 */
function textOf(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

module.exports = { Process, serve };
