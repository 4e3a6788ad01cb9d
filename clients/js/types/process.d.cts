/**
 * One way to start ringmock.
 */
export type Way = {
    command: readonly [string, ...string[]];
    /**
     * Beside what there is.
     */
    env?: NodeJS.ProcessEnv;
    /**
     * What it says where ringmock is not there: then the next way is tried.
     */
    absent?: RegExp;
};
/**
 * A server in a process of its own. It stops when the process that started it ends, in whichever way.
 */
export class Process {
    /**
     * @param {import('node:child_process').ChildProcess} child
     * @param {number} port
     * @param {string | undefined} root  In PEM, what has signed its certificate; undefined for HTTP.
     */
    constructor(child: import("node:child_process").ChildProcess, port: number, root: string | undefined);
    /** @private */
    private child;
    port: number;
    root: string | undefined;
    get pid(): number | undefined;
    /** Stop the server, and wait until it has. */
    stop(): Promise<void>;
}
/**
 * Start `ringmock serve` on any port.
 * @param {readonly string[]} options  Of the command.
 * @param {{ command?: readonly [string, ...string[]] | undefined, from?: string | undefined,
 *   cwd?: string | undefined, env?: NodeJS.ProcessEnv | undefined, timeout: number }} how
 * @returns {Promise<Process>} Rejected with an `Error` that says what to do.
 */
export function serve(options: readonly string[], how: {
    command?: readonly [string, ...string[]] | undefined;
    from?: string | undefined;
    cwd?: string | undefined;
    env?: NodeJS.ProcessEnv | undefined;
    timeout: number;
}): Promise<Process>;
