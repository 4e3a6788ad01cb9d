'use strict';

const { Control, ControlError } = require('./control.cjs');
const { serve } = require('./process.cjs');
const { World, openWorld } = require('./world.cjs');

/**
 * @typedef {object} ConnectOptions
 * @property {string} [token]  The server's control token, which calls from other machines need; RINGMOCK_CONTROL_TOKEN
 *   without it.
 * @property {string} [ca]  Certificates in PEM that are trusted beside the usual ones.
 */

/**
 * @typedef {object} StartOptions
 * @property {string} [url]  A server that runs already: nothing is started. RINGMOCK_URL without it.
 * @property {string} [token]  As of `connect`.
 * @property {string} [ca]  As of `connect`.
 * @property {string} [fixture]  The account: a bundled name, or a YAML file of yours.
 * @property {'2012' | 'current'} [generation]  Shape of the answers, over the fixture's.
 * @property {boolean} [tls]  HTTPS and wss, by a certificate that is made for the run; ringmock[tls] has to be installed.
 * @property {readonly string[]} [options]  Further options of `ringmock serve`.
 * @property {readonly [string, ...string[]]} [command]  What starts ringmock, instead of what is found.
 * @property {string} [from]  The requirement that `uvx` installs ringmock from; RINGMOCK_FROM without it.
 * @property {string} [cwd]  The folder in which it is started.
 * @property {NodeJS.ProcessEnv} [env]  Its environment, beside that of this process.
 * @property {number} [timeout]  Milliseconds until it has to be ready, 30000 without it.
 */

/**
 * A server, started by `start` or found by `connect`. Each test takes a world of its own.
 */
class Ringmock {
  /**
   * @param {Control} control
   * @param {import('./process.cjs').Process} [running]
   */
  constructor(control, running) {
    /** @private */
    this.control = control;
    /** @private */
    this.running = running;
    /**
     * The server's, without a slash at the end.
     * @readonly
     */
    this.url = control.url;
    /**
     * In PEM, what a client of a server that was started with `tls` has to trust; undefined for any other.
     * @readonly
     */
    this.root = running?.root;
  }

  /** The process that was started; undefined for a server that ran already. */
  get pid() {
    return this.running?.pid;
  }

  /**
   * A world of its own, afresh or as the options say; or an open one, by `{ open: name }`.
   * @param {import('./world.cjs').WorldOptions} [options]
   * @returns {Promise<World>}
   */
  async world(options = {}) {
    return openWorld(this.control, options);
  }

  /** Stop the server, where `start` has started it. */
  async close() {
    await this.running?.stop();
  }

  /** For `await using`, where the language has it. */
  async [/** @type {typeof Symbol.asyncDispose} */ (Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose'))]() {
    await this.close();
  }
}

/**
 * Start a server on any port, or find the one that the options or RINGMOCK_URL name.
 *
 * Without `command` it is looked for as `ringmock` on the PATH, by `uvx`, and as a module of Python. It ends by
 * `close`, and with the process that started it.
 * @param {StartOptions} [options]
 * @returns {Promise<Ringmock>} Rejected with an `Error` that says what to do.
 */
async function start(options = {}) {
  checkNames(options);
  const known = options.url ?? given('RINGMOCK_URL');
  if (known !== undefined) {
    checkNothingToStart(options);
    return connect(known, options);
  }
  const running = await serve(
    [
      ...(options.fixture === undefined ? [] : ['--fixture', options.fixture]),
      ...(options.generation === undefined ? [] : ['--generation', options.generation]),
      ...(options.tls ? ['--tls', 'self-signed'] : []),
      ...(options.options ?? []),
    ],
    { ...options, from: options.from ?? given('RINGMOCK_FROM'), timeout: options.timeout ?? 30_000 },
  );
  const url = `${running.root === undefined ? 'http' : 'https'}://127.0.0.1:${running.port}`;
  return new Ringmock(new Control(url, { ...credentials(options), ca: running.root ?? options.ca }), running);
}

/**
 * A server that runs already.
 * @param {string} url
 * @param {ConnectOptions} [options]
 * @returns {Promise<Ringmock>} Rejected with a `ControlError` where none answers.
 */
async function connect(url, options = {}) {
  const control = new Control(url, credentials(options));
  const ready = await control.ask('GET', '/ready');
  if (ready.status !== 'ready') throw new ControlError(`${control.url} answers, and is no ringmock`, 200);
  return new Ringmock(control);
}

/** @param {ConnectOptions} options */
function credentials(options) {
  return { token: options.token ?? given('RINGMOCK_CONTROL_TOKEN'), ca: options.ca };
}

/** @param {string} name */
function given(name) {
  return process.env[name] || undefined;
}

const NAMES = ['url', 'token', 'ca', 'fixture', 'generation', 'tls', 'options', 'command', 'from', 'cwd', 'env', 'timeout'];

/** @param {StartOptions} options */
function checkNames(options) {
  const unknown = Object.keys(options).filter((name) => !NAMES.includes(name));
  if (unknown.length) throw new TypeError(`start() has no option ${unknown.join(' and ')}: it takes ${NAMES.join(', ')}`);
}

/** @param {StartOptions} options */
function checkNothingToStart(options) {
  const told = /** @type {const} */ (['fixture', 'generation', 'tls', 'options', 'command', 'from']).filter(
    (name) => options[name] !== undefined,
  );
  if (told.length) {
    throw new TypeError(
      `${told.join(' and ')} would be of a server that is started here, and the URL says that one runs already:`
      + ' leave the URL (RINGMOCK_URL) out, or take world({ fixture }) for another account',
    );
  }
}

module.exports = { Ringmock, connect, start };
