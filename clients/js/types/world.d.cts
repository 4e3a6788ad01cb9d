export type Schemas = import("../types/control-api").components["schemas"];
export type Operations = import("../types/control-api").operations;
export type SeenMessage = Schemas["SeenMessage"];
export type ReceivedMessage = Schemas["ReceivedMessage"];
export type JournalEntry = Schemas["JournalEntry"];
export type FaultRule = Schemas["FaultRule"];
export type Outcome = Schemas["Outcome"];
/**
 * What happens by the clock: a status, a reminder, an expiry.
 */
export type Due = Schemas["Due"];
export type Explanation = Operations["why"]["responses"]["200"]["content"]["application/json"];
export type Findings = Operations["read_findings"]["responses"]["200"]["content"]["application/json"];
export type MessagesQuery = NonNullable<Operations["list_messages"]["parameters"]["query"]>;
export type NewWorld = Operations["create_world"]["requestBody"]["content"]["application/json"];
export type Text = Operations["send_from_handset"]["requestBody"]["content"]["application/json"];
export type Fax = Operations["fax_from_outside"]["requestBody"]["content"]["application/json"];
/**
 * `name` of the new world, any without it; `open`: the name of one that is open, which `close` leaves so.
 */
export type WorldOptions = Partial<Omit<NewWorld, "name">> & {
    name?: string;
    open?: string;
};
export type Query = Omit<MessagesQuery, "after"> & {
    after?: number | SeenMessage;
};
/**
 * What a message is looked for by.
 */
export type Looked = Omit<Query, "wait" | "count" | "expect" | "within" | "limit" | "type">;
export type Ask = (method: string, path: string, body?: unknown) => Promise<any>;
export type Duration = {
    days?: number;
    hours?: number;
    minutes?: number;
    seconds?: number;
};
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
export class ExpectationError extends Error {
    /** @param {string} message */
    constructor(message: string);
}
/** @typedef {(method: string, path: string, body?: unknown) => Promise<any>} Ask */
/**
 * A phone outside the account.
 */
export class Handset {
    /**
     * @param {string} phoneNumber
     * @param {Ask} ask
     */
    constructor(phoneNumber: string, ask: Ask);
    /** @readonly */
    readonly phoneNumber: string;
    /** @private */
    private ask;
    /** @private */
    private path;
    /**
     * Send an SMS, or with `attachments` an MMS, to a number of the account, or to several as a group.
     * @param {Text} text
     * @returns {Promise<Outcome[]>} What became of each recipient.
     */
    send(text: Text): Promise<Outcome[]>;
    /**
     * Send a fax to a number of the account.
     * @param {Fax} fax
     * @returns {Promise<Outcome[]>} What became of it.
     */
    fax(fax: Fax): Promise<Outcome[]>;
    /**
     * What it has received, oldest first: the latest thousand.
     * @returns {Promise<ReceivedMessage[]>}
     */
    messages(): Promise<ReceivedMessage[]>;
}
/**
 * One test's world.
 */
export class World {
    /**
     * @param {import('./control.cjs').Control} control
     * @param {string} name
     * @param {boolean} isOwn
     */
    constructor(control: import("./control.cjs").Control, name: string, isOwn: boolean);
    /** @private */
    private control;
    /** @private */
    private isOwn;
    /** @readonly */
    readonly name: string;
    /**
     * The server's, without a slash at the end.
     * @readonly
     */
    readonly url: string;
    /**
     * With the secret, what a client signs in with to be in this world.
     * @readonly
     */
    readonly clientId: string;
    /** @readonly */
    readonly clientSecret: string;
    /** @readonly */
    readonly clock: WorldClock;
    /**
     * The access token of a new log-in of an extension; it lasts an hour by the world's clock.
     * @param {string} extension
     * @returns {Promise<string>}
     */
    token(extension: string): Promise<string>;
    /**
     * A phone outside the account.
     * @param {string} phoneNumber
     */
    handset(phoneNumber: string): Handset;
    /**
     * The first such SMS that the world has seen, or sees within `timeout` milliseconds.
     *
     * With `extract: 'code'` its `extracted` is the one-time code of its text.
     * @param {Looked & { timeout?: number }} [looked]
     * @returns {Promise<SeenMessage>} Rejected with an `ExpectationError`.
     */
    waitForSms(looked?: Looked & {
        timeout?: number;
    }): Promise<SeenMessage>;
    /**
     * As `waitForSms`; `to` is an extension that the page is addressed to, or reaches through a Department.
     * @param {Looked & { timeout?: number }} [looked]
     * @returns {Promise<SeenMessage>} Rejected with an `ExpectationError`.
     */
    waitForPage(looked?: Looked & {
        timeout?: number;
    }): Promise<SeenMessage>;
    /**
     * That there is no such message, of either type, now and `within` so many milliseconds.
     * @param {Looked & Pick<MessagesQuery, 'type'> & { within?: number }} [looked]
     * @returns {Promise<void>} Rejected with an `ExpectationError`.
     */
    expectNone(looked?: Looked & Pick<MessagesQuery, "type"> & {
        within?: number;
    }): Promise<void>;
    /**
     * Such messages as the world has seen until now, oldest first.
     * @param {Looked & Pick<MessagesQuery, 'type' | 'limit'>} [looked]
     * @returns {Promise<SeenMessage[]>}
     */
    messages(looked?: Looked & Pick<MessagesQuery, "type" | "limit">): Promise<SeenMessage[]>;
    /**
     * @private
     * @param {Looked & Pick<MessagesQuery, 'type'> & { timeout?: number }} looked
     * @returns {Promise<SeenMessage>}
     */
    private waitFor;
    /**
     * @private
     * @param {Query} query
     * @param {number} patience
     * @param {number} vain  The status by which it was in vain.
     */
    private expected;
    /**
     * Make an extension Frozen.
     * @param {string} extension
     */
    freeze(extension: string): Promise<void>;
    /**
     * Make an extension Enabled.
     * @param {string} extension
     */
    thaw(extension: string): Promise<void>;
    /**
     * Put these extensions, and nobody else, into a Department.
     * @param {string} department
     * @param {...string} members
     */
    members(department: string, ...members: string[]): Promise<void>;
    /**
     * Let calls fail from now on, by a rule behind those that there are: `fault('createSMSMessage', { lost: true })`.
     * @param {string | FaultRule} rule  A whole rule, or the operation of one.
     * @param {FaultRule} [more]
     */
    fault(rule: string | FaultRule, more?: FaultRule): Promise<void>;
    /** Let every call go well from now on. */
    noFaults(): Promise<void>;
    /**
     * Say what carriers make of SMS from now on, as a fixture does under `carrier`; `{}` for nothing.
     * @param {object} [carrier]
     */
    carriers(carrier?: object): Promise<void>;
    /**
     * Close every WebSocket that is open in the world, as a network does.
     * @returns {Promise<number>} How many there were.
     */
    closeWebSockets(): Promise<number>;
    /**
     * The calls that the world has seen, oldest first, with their texts.
     * @returns {Promise<JournalEntry[]>}
     */
    journal(): Promise<JournalEntry[]>;
    /**
     * The latest calls as text, one line each.
     * @returns {Promise<string>}
     */
    timeline(): Promise<string>;
    /**
     * Why a call was answered so, and the smallest change of a refused one that would pass.
     * @param {number | JournalEntry} [call]  Of the journal; the latest that was refused without one.
     * @returns {Promise<Explanation>}
     */
    why(call?: number | JournalEntry): Promise<Explanation>;
    /** @private */
    private latestRefused;
    /**
     * What the client did that would hurt it in production.
     * @returns {Promise<Findings['findings']>}
     */
    findings(): Promise<Findings["findings"]>;
    /**
     * Name what the world is now, to come back to it.
     * @param {string} name
     */
    label(name: string): Promise<void>;
    /**
     * Take the world back to a label, or to the number of a command of its history; log-ins stay good.
     * @param {string | number} to
     */
    rewind(to: string | number): Promise<void>;
    /**
     * A new world that begins as this one is, or as it was at a label or a number; without log-ins and subscriptions.
     * @param {string | number} [at]
     * @returns {Promise<World>} Closed by itself.
     */
    fork(at?: string | number): Promise<World>;
    /** Back to the fixture; log-ins stay good. */
    reset(): Promise<void>;
    /** Close the world, where it was opened here. */
    close(): Promise<void>;
    /**
     * Any call of the control API in this world: its JSON, or its text.
     * @param {string} method
     * @param {string} path  Behind `/_mock`.
     * @param {unknown} [body]
     * @param {number} [patience]  Milliseconds that it may wait.
     * @returns {Promise<any>} Rejected with a `ControlError`.
     */
    ask(method: string, path: string, body?: unknown, patience?: number): Promise<any>;
}
/**
 * @typedef {{ days?: number, hours?: number, minutes?: number, seconds?: number }} Duration
 */
/**
 * A world's clock. What falls due when it is moved happens at once, in its order.
 */
export class WorldClock {
    /** @param {Ask} ask */
    constructor(ask: Ask);
    /** @private */
    private ask;
    /** @returns {Promise<Date>} */
    now(): Promise<Date>;
    /**
     * Stand still, there or where it is.
     * @param {Date | string} [at]
     */
    freeze(at?: Date | string): Promise<void>;
    /** Run again, from where it is. */
    goOn(): Promise<void>;
    /**
     * Move there, and stand still or run as before.
     * @param {Date | string} now
     */
    set(now: Date | string): Promise<void>;
    /**
     * Move on: `advance({ minutes: 30 })`, or `advance('next')` to what is due next.
     * @param {Duration | 'next'} by
     * @returns {Promise<Due[]>} What happened on the way, in its order: the first thousand.
     */
    advance(by: Duration | "next"): Promise<Due[]>;
    /**
     * What happens next in the world, and when, the earliest first.
     * @param {number} [limit]  How many at most, 100 without it.
     * @returns {Promise<Due[]>}
     */
    due(limit?: number): Promise<Due[]>;
}
/**
 * @param {import('./control.cjs').Control} control
 * @param {WorldOptions} options
 * @returns {Promise<World>}
 */
export function openWorld(control: import("./control.cjs").Control, options: WorldOptions): Promise<World>;
