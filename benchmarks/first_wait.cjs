// How long it takes from start() of the npm package to the end of a test's first wait: `node benchmarks/first_wait.cjs`,
// with ringmock on the PATH or its command as arguments.
'use strict';

const { start } = require('../clients/js');

async function main() {
  const begun = performance.now();
  const command = process.argv.slice(2);
  const ringmock = await start(command.length ? { command } : {});
  const ready = performance.now();
  const world = await ringmock.world();
  const waiting = world.waitForSms({ to: '16509100010' });
  await world.handset('14151003732').send({ to: '16509100010', text: 'Hello' });
  await waiting;
  const waited = performance.now();
  await world.close();
  await ringmock.close();
  console.log(`ready after ${(ready - begun).toFixed(0)} ms, first wait over after ${(waited - begun).toFixed(0)} ms`);
}

void main();
