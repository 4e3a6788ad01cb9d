'use strict';

const http = require('node:http');
const https = require('node:https');

/** What a call may take beyond what it waits for, in milliseconds. */
const CALL = 30_000;

/**
 * What the control API refused, in its own words, which say what would be right.
 */
class ControlError extends Error {
  /**
   * @param {string} message
   * @param {number} status  0 where there was no answer.
   */
  constructor(message, status) {
    super(message);
    this.name = 'ControlError';
    /** @readonly */
    this.status = status;
  }
}

/**
 * @typedef {object} Call
 * @property {unknown} [body]  Sent as JSON.
 * @property {string} [world]  The name of the world that is meant.
 * @property {number} [patience]  Milliseconds that the answer may take beyond those of any call.
 */

/**
 * The control API of one server.
 */
class Control {
  /**
   * @param {string} url  The server's, with or without a path before every other.
   * @param {{ token?: string | undefined, ca?: string | undefined }} [options]  `token`: the server's control token.
   *   `ca`: certificates in PEM that are trusted beside the usual ones.
   */
  constructor(url, options = {}) {
    const at = address(url);
    /** @readonly */
    this.url = at.href.replace(/\/+$/, '');
    /** @private */
    this.token = options.token;
    /** @private */
    this.ca = options.ca;
  }

  /**
   * What the API answers: the value of its JSON, or its text.
   * @param {string} method
   * @param {string} path  Behind `/_mock`, with its query.
   * @param {Call} [call]
   * @returns {Promise<any>} Rejected with a `ControlError`.
   */
  async ask(method, path, call = {}) {
    const { status, text, type } = await this.answer(method, path, call);
    const said = type.startsWith('application/json') ? parsed(text) : text;
    if (status >= 200 && status < 300 && said !== undefined) return said;
    const sentence = said && typeof said === 'object' ? said.error : undefined;
    throw new ControlError(sentence ?? `${this.url} answers ${status}, which is not what ringmock says`, status);
  }

  /**
   * @private
   * @param {string} method
   * @param {string} path
   * @param {Call} call
   * @returns {Promise<{ status: number, text: string, type: string }>}
   */
  answer(method, path, call) {
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const url = new URL(`${this.url}/_mock${path}`);
    const { request } = url.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
      const sent = request(url, {
        method,
        headers: this.headers(body, call.world),
        // A connection of its own for each call, so that none is left to keep a test run from ending.
        agent: false,
        timeout: CALL + (call.patience ?? 0),
        ...(this.ca === undefined ? {} : { ca: trusted(this.ca) }),
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
      sent.on('error', (error) => reject(this.unreached(error)));
      sent.on('response', (answer) => {
        /** @type {Buffer[]} */
        const pieces = [];
        answer.on('data', (piece) => pieces.push(piece));
        answer.on('error', (error) => reject(this.unreached(error)));
        answer.on('end', () => resolve({
          status: answer.statusCode ?? 0,
          text: Buffer.concat(pieces).toString('utf8'),
          type: answer.headers['content-type'] ?? '',
        }));
      });
      sent.end(body);
    });
  }

  /**
   * @private
   * @param {string | undefined} body
   * @param {string | undefined} world
   */
  headers(body, world) {
    return {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
      ...(this.token === undefined ? {} : { 'X-Ringmock-Token': this.token }),
      ...(world === undefined ? {} : { 'X-Ringmock-World': world }),
    };
  }

  /**
   * @private
   * @param {NodeJS.ErrnoException} error
   */
  unreached(error) {
    return new ControlError(
      `no answer from ${this.url}: ${error.message || error.code}; \`ringmock serve\` starts a server,`
      + ' and start() without a URL starts one for the test',
      0,
    );
  }
}

/** @param {string} url */
function address(url) {
  const at = URL.canParse ? (URL.canParse(url) ? new URL(url) : undefined) : tried(url);
  if (at === undefined || !/^https?:$/.test(at.protocol)) {
    throw new TypeError(`${JSON.stringify(url)} is not the address of a server, as http://127.0.0.1:8080 is`);
  }
  return at;
}

/** @param {string} url */
function tried(url) {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Certificates beside those that Node.js trusts.
 * @param {string} pem
 */
function trusted(pem) {
  return [...require('node:tls').rootCertificates, pem];
}

module.exports = { Control, ControlError };
