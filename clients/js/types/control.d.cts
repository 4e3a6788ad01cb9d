export type Call = {
    /**
     * Sent as JSON.
     */
    body?: unknown;
    /**
     * The name of the world that is meant.
     */
    world?: string;
    /**
     * Milliseconds that the answer may take beyond those of any call.
     */
    patience?: number;
};
/**
 * @typedef {object} Call
 * @property {unknown} [body]  Sent as JSON.
 * @property {string} [world]  The name of the world that is meant.
 * @property {number} [patience]  Milliseconds that the answer may take beyond those of any call.
 */
/**
 * The control API of one server.
 */
export class Control {
    /**
     * @param {string} url  The server's, with or without a path before every other.
     * @param {{ token?: string | undefined, ca?: string | undefined }} [options]  `token`: the server's control token.
     *   `ca`: certificates in PEM that are trusted beside the usual ones.
     */
    constructor(url: string, options?: {
        token?: string | undefined;
        ca?: string | undefined;
    });
    /** @readonly */
    readonly url: string;
    /** @private */
    private token;
    /** @private */
    private ca;
    /**
     * What the API answers: the value of its JSON, or its text.
     * @param {string} method
     * @param {string} path  Behind `/_mock`, with its query.
     * @param {Call} [call]
     * @returns {Promise<any>} Rejected with a `ControlError`.
     */
    ask(method: string, path: string, call?: Call): Promise<any>;
    /**
     * @private
     * @param {string} method
     * @param {string} path
     * @param {Call} call
     * @returns {Promise<{ status: number, text: string, type: string }>}
     */
    private answer;
    /**
     * @private
     * @param {string | undefined} body
     * @param {string | undefined} world
     */
    private headers;
    /**
     * @private
     * @param {NodeJS.ErrnoException} error
     */
    private unreached;
}
/**
 * What the control API refused, in its own words, which say what would be right.
 */
export class ControlError extends Error {
    /**
     * @param {string} message
     * @param {number} status  0 where there was no answer.
     */
    constructor(message: string, status: number);
    /** @readonly */
    readonly status: number;
}
