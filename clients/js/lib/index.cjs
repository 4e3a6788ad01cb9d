'use strict';

const { ControlError } = require('./control.cjs');
const { Ringmock, connect, start } = require('./server.cjs');
const { ExpectationError, Handset, World, WorldClock } = require('./world.cjs');

/** @typedef {import('./server.cjs').StartOptions} StartOptions */
/** @typedef {import('./server.cjs').ConnectOptions} ConnectOptions */
/** @typedef {import('./world.cjs').WorldOptions} WorldOptions */
/** @typedef {import('./world.cjs').Looked} Looked */
/** @typedef {import('./world.cjs').SeenMessage} SeenMessage */
/** @typedef {import('./world.cjs').ReceivedMessage} ReceivedMessage */
/** @typedef {import('./world.cjs').JournalEntry} JournalEntry */
/** @typedef {import('./world.cjs').FaultRule} FaultRule */
/** @typedef {import('./world.cjs').Explanation} Explanation */
/** @typedef {import('./world.cjs').Outcome} Outcome */
/** @typedef {import('./world.cjs').Due} Due */

module.exports = { ControlError, ExpectationError, Handset, Ringmock, World, WorldClock, connect, start };
