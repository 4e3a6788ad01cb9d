export type ConnectOptions = {
    /**
     * The server's control token, which calls from other machines need; RINGMOCK_CONTROL_TOKEN
     * without it.
     */
    token?: string;
    /**
     * Certificates in PEM that are trusted beside the usual ones.
     */
    ca?: string;
};
export type StartOptions = {
    /**
     * A server that runs already: nothing is started. RINGMOCK_URL without it.
     */
    url?: string;
    /**
     * As of `connect`.
     */
    token?: string;
    /**
     * As of `connect`.
     */
    ca?: string;
    /**
     * The account: a bundled name, or a YAML file of yours.
     */
    fixture?: string;
    /**
     * Shape of the answers, over the fixture's.
     */
    generation?: "2012" | "current";
    /**
     * HTTPS and wss, by a certificate that is made for the run; ringmock[tls] has to be installed.
     */
    tls?: boolean;
    /**
     * Further options of `ringmock serve`.
     */
    options?: readonly string[];
    /**
     * What starts ringmock, instead of what is found.
     */
    command?: readonly [string, ...string[]];
    /**
     * The requirement that `uvx` installs ringmock from; RINGMOCK_FROM without it.
     */
    from?: string;
    /**
     * The folder in which it is started.
     */
    cwd?: string;
    /**
     * Its environment, beside that of this process.
     */
    env?: NodeJS.ProcessEnv;
    /**
     * Milliseconds until it has to be ready, 30000 without it.
     */
    timeout?: number;
};
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
export class Ringmock {
    /**
     * @param {Control} control
     * @param {import('./process.cjs').Process} [running]
     */
    constructor(control: Control, running?: import("./process.cjs").Process);
    /** @private */
    private control;
    /** @private */
    private running;
    /**
     * The server's, without a slash at the end.
     * @readonly
     */
    readonly url: string;
    /**
     * In PEM, what a client of a server that was started with `tls` has to trust; undefined for any other.
     * @readonly
     */
    readonly root: string | undefined;
    /** The process that was started; undefined for a server that ran already. */
    get pid(): number | undefined;
    /**
     * A world of its own, afresh or as the options say; or an open one, by `{ open: name }`.
     * @param {import('./world.cjs').WorldOptions} [options]
     * @returns {Promise<World>}
     */
    world(options?: import("./world.cjs").WorldOptions): Promise<World>;
    /** Stop the server, where `start` has started it. */
    close(): Promise<void>;
}
/**
 * A server that runs already.
 * @param {string} url
 * @param {ConnectOptions} [options]
 * @returns {Promise<Ringmock>} Rejected with a `ControlError` where none answers.
 */
export function connect(url: string, options?: ConnectOptions): Promise<Ringmock>;
/**
 * Start a server on any port, or find the one that the options or RINGMOCK_URL name.
 *
 * Without `command` it is looked for as `ringmock` on the PATH, by `uvx`, and as a module of Python. It ends by
 * `close`, and with the process that started it.
 * @param {StartOptions} [options]
 * @returns {Promise<Ringmock>} Rejected with an `Error` that says what to do.
 */
export function start(options?: StartOptions): Promise<Ringmock>;
import { World } from "./world.cjs";
import { Control } from "./control.cjs";
