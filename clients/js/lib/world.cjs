'use strict';

const { randomBytes } = require('node:crypto');

const { ControlError } = require('./control.cjs');

/** Milliseconds that a test waits for a message: less than the five seconds that Vitest and Jest give a whole test. */
const WAIT = 4_000;
const HEAD = 'The calls of this test, oldest first:';

/** @typedef {import('../types/control-api').components['schemas']} Schemas */
/** @typedef {import('../types/control-api').operations} Operations */
/** @typedef {Schemas['SeenMessage']} SeenMessage */
/** @typedef {Schemas['ReceivedMessage']} ReceivedMessage */
/** @typedef {Schemas['JournalEntry']} JournalEntry */
/** @typedef {Schemas['FaultRule']} FaultRule */
/** @typedef {Schemas['Outcome']} Outcome */
/** @typedef {Schemas['Due']} Due  What happens by the clock: a status, a reminder, an expiry. */
/** @typedef {Operations['why']['responses']['200']['content']['application/json']} Explanation */
/** @typedef {Operations['read_findings']['responses']['200']['content']['application/json']} Findings */
/** @typedef {NonNullable<Operations['list_messages']['parameters']['query']>} MessagesQuery */
/** @typedef {Operations['create_world']['requestBody']['content']['application/json']} NewWorld */
/** @typedef {Operations['send_from_handset']['requestBody']['content']['application/json']} Text */
/** @typedef {Operations['fax_from_outside']['requestBody']['content']['application/json']} Fax */

/**
 * @typedef {Partial<Omit<NewWorld, 'name'>> & { name?: string, open?: string }} WorldOptions
 *   `name` of the new world, any without it; `open`: the name of one that is open, which `close` leaves so.
 */

/** @typedef {Omit<MessagesQuery, 'after'> & { after?: number | SeenMessage }} Query */
/** @typedef {Omit<Query, 'wait' | 'count' | 'expect' | 'within' | 'limit' | 'type'>} Looked  What a message is looked for by. */

/**
 * A wait that was in vain, or a message that should not be there: what there was instead, and the calls of the world.
 */
class ExpectationError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'ExpectationError';
  }
}

/**
 * One test's world.
 */
class World {
  /**
   * @param {import('./control.cjs').Control} control
   * @param {string} name
   * @param {boolean} isOwn
   */
  constructor(control, name, isOwn) {
    /** @private */
    this.control = control;
    /** @private */
    this.isOwn = isOwn;
    /** @readonly */
    this.name = name;
    /**
     * The server's, without a slash at the end.
     * @readonly
     */
    this.url = control.url;
    /**
     * With the secret, what a client signs in with to be in this world.
     * @readonly
     */
    this.clientId = name;
    /** @readonly */
    this.clientSecret = randomBytes(12).toString('hex');
    /** @readonly */
    this.clock = new WorldClock((method, path, body) => this.ask(method, path, body));
  }

  /**
   * The access token of a new log-in of an extension; it lasts an hour by the world's clock.
   * @param {string} extension
   * @returns {Promise<string>}
   */
  async token(extension) {
    return (await this.ask('POST', '/tokens', { extension })).access_token;
  }

  /**
   * A phone outside the account.
   * @param {string} phoneNumber
   */
  handset(phoneNumber) {
    return new Handset(phoneNumber, (method, path, body) => this.ask(method, path, body));
  }

  // --- messages ------------------------------------------------------------------------------------

  /**
   * The first such SMS that the world has seen, or sees within `timeout` milliseconds.
   *
   * With `extract: 'code'` its `extracted` is the one-time code of its text.
   * @param {Looked & { timeout?: number }} [looked]
   * @returns {Promise<SeenMessage>} Rejected with an `ExpectationError`.
   */
  async waitForSms(looked = {}) {
    return this.waitFor({ ...looked, type: 'SMS' });
  }

  /**
   * As `waitForSms`; `to` is an extension that the page is addressed to, or reaches through a Department.
   * @param {Looked & { timeout?: number }} [looked]
   * @returns {Promise<SeenMessage>} Rejected with an `ExpectationError`.
   */
  async waitForPage(looked = {}) {
    return this.waitFor({ ...looked, type: 'Pager' });
  }

  /**
   * That there is no such message, of either type, now and `within` so many milliseconds.
   * @param {Looked & Pick<MessagesQuery, 'type'> & { within?: number }} [looked]
   * @returns {Promise<void>} Rejected with an `ExpectationError`.
   */
  async expectNone(looked = {}) {
    const { within = 0, ...rest } = looked;
    await this.expected({ ...rest, expect: 'none', within: within / 1000 }, within, 409);
  }

  /**
   * Such messages as the world has seen until now, oldest first.
   * @param {Looked & Pick<MessagesQuery, 'type' | 'limit'>} [looked]
   * @returns {Promise<SeenMessage[]>}
   */
  async messages(looked = {}) {
    return (await this.ask('GET', `/messages${queryOf(looked)}`)).messages;
  }

  /**
   * @private
   * @param {Looked & Pick<MessagesQuery, 'type'> & { timeout?: number }} looked
   * @returns {Promise<SeenMessage>}
   */
  async waitFor(looked) {
    const { timeout = WAIT, ...rest } = looked;
    return (await this.expected({ ...rest, wait: timeout / 1000 }, timeout, 404)).messages[0];
  }

  /**
   * @private
   * @param {Query} query
   * @param {number} patience
   * @param {number} vain  The status by which it was in vain.
   */
  async expected(query, patience, vain) {
    try {
      return await this.ask('GET', `/messages${queryOf(query)}`, undefined, patience);
    } catch (error) {
      if (!(error instanceof ControlError) || error.status !== vain) throw error;
      throw new ExpectationError(`${error.message}\n${await this.timeline()}`);
    }
  }

  // --- the account ---------------------------------------------------------------------------------

  /**
   * Make an extension Frozen.
   * @param {string} extension
   */
  async freeze(extension) {
    await this.ask('PATCH', `/extensions/${segment(extension)}`, { status: 'Frozen' });
  }

  /**
   * Make an extension Enabled.
   * @param {string} extension
   */
  async thaw(extension) {
    await this.ask('PATCH', `/extensions/${segment(extension)}`, { status: 'Enabled' });
  }

  /**
   * Put these extensions, and nobody else, into a Department.
   * @param {string} department
   * @param {...string} members
   */
  async members(department, ...members) {
    await this.ask('PUT', `/departments/${segment(department)}/members`, members);
  }

  // --- faults on demand ----------------------------------------------------------------------------

  /**
   * Let calls fail from now on, by a rule behind those that there are: `fault('createSMSMessage', { lost: true })`.
   * @param {string | FaultRule} rule  A whole rule, or the operation of one.
   * @param {FaultRule} [more]
   */
  async fault(rule, more = {}) {
    await this.ask('POST', '/faults', typeof rule === 'string' ? { operation: rule, ...more } : { ...rule, ...more });
  }

  /** Let every call go well from now on. */
  async noFaults() {
    await this.ask('PUT', '/faults', []);
  }

  /**
   * Say what carriers make of SMS from now on, as a fixture does under `carrier`; `{}` for nothing.
   * @param {object} [carrier]
   */
  async carriers(carrier = {}) {
    await this.ask('PUT', '/carrier', carrier);
  }

  /**
   * Close every WebSocket that is open in the world, as a network does.
   * @returns {Promise<number>} How many there were.
   */
  async closeWebSockets() {
    return (await this.ask('DELETE', '/websockets')).closed;
  }

  // --- what happened -------------------------------------------------------------------------------

  /**
   * The calls that the world has seen, oldest first, with their texts.
   * @returns {Promise<JournalEntry[]>}
   */
  async journal() {
    return (await this.ask('GET', '/journal?include=text')).reverse();
  }

  /**
   * The latest calls as text, one line each.
   * @returns {Promise<string>}
   */
  async timeline() {
    return `${HEAD}\n${(await this.ask('GET', '/journal.txt')).trimEnd()}`;
  }

  /**
   * Why a call was answered so, and the smallest change of a refused one that would pass.
   * @param {number | JournalEntry} [call]  Of the journal; the latest that was refused without one.
   * @returns {Promise<Explanation>}
   */
  async why(call) {
    const id = typeof call === 'object' ? call.id : (call ?? (await this.latestRefused()));
    return this.ask('GET', `/journal/${id}/why`);
  }

  /** @private */
  async latestRefused() {
    /** @type {JournalEntry[]} */
    const calls = await this.ask('GET', '/journal');
    const refused = calls.find((each) => each.status >= 400);
    if (refused === undefined) throw new ControlError('no call was refused; why(id) takes any call of the journal', 404);
    return refused.id;
  }

  /**
   * What the client did that would hurt it in production.
   * @returns {Promise<Findings['findings']>}
   */
  async findings() {
    return (await this.ask('GET', '/findings')).findings;
  }

  // --- its history ---------------------------------------------------------------------------------

  /**
   * Name what the world is now, to come back to it.
   * @param {string} name
   */
  async label(name) {
    await this.ask('PUT', `/history/labels/${segment(name)}`);
  }

  /**
   * Take the world back to a label, or to the number of a command of its history; log-ins stay good.
   * @param {string | number} to
   */
  async rewind(to) {
    await this.ask('POST', '/history/rewind', { to });
  }

  /**
   * A new world that begins as this one is, or as it was at a label or a number; without log-ins and subscriptions.
   * @param {string | number} [at]
   * @returns {Promise<World>} Closed by itself.
   */
  async fork(at) {
    const name = `${this.name.slice(0, 48)}-${randomBytes(4).toString('hex')}`;
    await this.control.ask('POST', '/worlds', {
      body: { name, fork: this.name, ...(at === undefined ? {} : { at }) },
    });
    return new World(this.control, name, true);
  }

  /** Back to the fixture; log-ins stay good. */
  async reset() {
    await this.control.ask('POST', `/worlds/${segment(this.name)}/reset`);
  }

  /** Close the world, where it was opened here. */
  async close() {
    if (this.isOwn) await this.control.ask('DELETE', `/worlds/${segment(this.name)}`);
    this.isOwn = false;
  }

  /** For `await using`, where the language has it. */
  async [/** @type {typeof Symbol.asyncDispose} */ (Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose'))]() {
    await this.close();
  }

  /**
   * Any call of the control API in this world: its JSON, or its text.
   * @param {string} method
   * @param {string} path  Behind `/_mock`.
   * @param {unknown} [body]
   * @param {number} [patience]  Milliseconds that it may wait.
   * @returns {Promise<any>} Rejected with a `ControlError`.
   */
  async ask(method, path, body, patience = 0) {
    return this.control.ask(method, path, { body, world: this.name, patience });
  }
}

/** @typedef {(method: string, path: string, body?: unknown) => Promise<any>} Ask */

/**
 * A phone outside the account.
 */
class Handset {
  /**
   * @param {string} phoneNumber
   * @param {Ask} ask
   */
  constructor(phoneNumber, ask) {
    /** @readonly */
    this.phoneNumber = phoneNumber;
    /** @private */
    this.ask = ask;
    /** @private */
    this.path = `/handsets/${segment(phoneNumber)}/messages`;
  }

  /**
   * Send an SMS, or with `attachments` an MMS, to a number of the account, or to several as a group.
   * @param {Text} text
   * @returns {Promise<Outcome[]>} What became of each recipient.
   */
  async send(text) {
    return (await this.ask('POST', this.path, text)).recipients;
  }

  /**
   * Send a fax to a number of the account.
   * @param {Fax} fax
   * @returns {Promise<Outcome[]>} What became of it.
   */
  async fax(fax) {
    return (await this.ask('POST', this.path.replace(/messages$/, 'faxes'), fax)).recipients;
  }

  /**
   * What it has received, oldest first: the latest thousand.
   * @returns {Promise<ReceivedMessage[]>}
   */
  async messages() {
    return this.ask('GET', this.path);
  }
}

/**
 * @typedef {{ days?: number, hours?: number, minutes?: number, seconds?: number }} Duration
 */

/**
 * A world's clock. What falls due when it is moved happens at once, in its order.
 */
class WorldClock {
  /** @param {Ask} ask */
  constructor(ask) {
    /** @private */
    this.ask = ask;
  }

  /** @returns {Promise<Date>} */
  async now() {
    return new Date((await this.ask('GET', '/clock')).now);
  }

  /**
   * Stand still, there or where it is.
   * @param {Date | string} [at]
   */
  async freeze(at) {
    await this.ask('PUT', '/clock', { frozen: true, ...(at === undefined ? {} : { now: moment(at) }) });
  }

  /** Run again, from where it is. */
  async goOn() {
    await this.ask('PUT', '/clock', { frozen: false });
  }

  /**
   * Move there, and stand still or run as before.
   * @param {Date | string} now
   */
  async set(now) {
    await this.ask('PUT', '/clock', { now: moment(now) });
  }

  /**
   * Move on: `advance({ minutes: 30 })`, or `advance('next')` to what is due next.
   * @param {Duration | 'next'} by
   * @returns {Promise<Due[]>} What happened on the way, in its order: the first thousand.
   */
  async advance(by) {
    const way = by === 'next' ? { to: 'next' } : { seconds: secondsOf(by) };
    return (await this.ask('POST', '/clock/advance', way)).happened;
  }

  /**
   * What happens next in the world, and when, the earliest first.
   * @param {number} [limit]  How many at most, 100 without it.
   * @returns {Promise<Due[]>}
   */
  async due(limit) {
    return (await this.ask('GET', `/clock/due${limit === undefined ? '' : `?limit=${limit}`}`)).due;
  }
}

/** @type {Readonly<Record<keyof Duration, number>>} */
const SECONDS = { days: 86_400, hours: 3_600, minutes: 60, seconds: 1 };

/** @param {Duration} by */
function secondsOf(by) {
  const given = typeof by === 'object' && by !== null ? Object.entries(by) : [];
  const unknown = given.filter(([unit, many]) => !(unit in SECONDS) || !Number.isFinite(many));
  if (!given.length || unknown.length) {
    throw new TypeError('a duration is an object of numbers, as { minutes: 30 }, of days, hours, minutes and seconds; or it is \'next\'');
  }
  return given.reduce((sum, [unit, many]) => sum + many * SECONDS[/** @type {keyof Duration} */ (unit)], 0);
}

/** @param {Date | string} at */
function moment(at) {
  return at instanceof Date ? at.toISOString() : at;
}

/** @param {string} text */
function segment(text) {
  return encodeURIComponent(text);
}

/** @param {Query} looked */
function queryOf(looked) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(looked)) {
    if (value === undefined) continue;
    query.set(name, String(name === 'after' && typeof value === 'object' ? value.number : value));
  }
  const text = query.toString();
  return text && `?${text}`;
}

/**
 * @param {import('./control.cjs').Control} control
 * @param {WorldOptions} options
 * @returns {Promise<World>}
 */
async function openWorld(control, options) {
  const { open, ...given } = options;
  if (open !== undefined) {
    await control.ask('GET', `/worlds/${segment(open)}`);
    return new World(control, open, false);
  }
  const { name } = await control.ask('POST', '/worlds', {
    body: { ...given, name: given.name ?? `test-${randomBytes(12).toString('hex')}` },
  });
  return new World(control, name, true);
}

module.exports = { ExpectationError, Handset, World, WorldClock, openWorld };
