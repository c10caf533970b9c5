// Processes that end while their calls are stuck, compared with a program that makes its calls through node:fs.
'use strict';
const { once } = require('node:events');
const { createServer } = require('node:net');
const { mounts } = require('pendingop');
const { stalls } = require('./cases.cjs');
const { Place } = require('./place.cjs');
const { Program } = require('./program.cjs');
const { check, processes, test, until, within } = require('./tools.cjs');

/** ms. The package promises 100, but emulation is slow, and the parent has to hear of the end. */
const PROMPT = 2000;
/** ms for which plain Node is watched before the test says that it hangs. */
const WATCHED = 1500;

/** Returns the workers of the programs. */
function workers(programs) {
  const groups = new Set([...programs].map(({ child }) => child.pid));
  return processes().filter(({ group, name }) => name.startsWith('pendingop') && groups.has(group));
}

async function ends(stall, how, program) {
  const at = performance.now();
  if (how === 'exit') program.tell('exit');
  else program.child.kill(how);
  await within(program.gone, `gone after ${how}`, PROMPT);
  check(program.exit === (how === 'exit' ? 7 : how), `it ended with ${program.exit}`);
  // The port is free even while a worker is stuck in the kernel, since another worker closes it after the end of the
  // process.
  const port = Number(/ready (\d+)/.exec(program.said)[1]);
  await until(() => isFree(port), 'its port free', PROMPT);
  return { exit: { stall, how }, ms: program.at - at };
}

async function isFree(port) {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    server.close();
    return true;
  } catch (error) {
    check(error.code === 'EADDRINUSE', error.stack);
    return false;
  }
}

/** Waits for the end of a program that is expected to stay. Returns whether it ended. */
const goes = (program) =>
  within(program.gone, 'gone', WATCHED).then(
    () => true,
    () => false,
  );

/**
 * Checks what docs/interruption.md says of node:fs: nothing ends its calls, and they hold up all others and the exit.
 */
async function plain(program) {
  program.tell('begin');
  await program.says('begun');
  const over = await until(() => /other|ended/.exec(program.said), '', WATCHED).catch(() => undefined);
  check(over === undefined, `in node:fs a call came back: ${program.said}`);
  program.tell('exit');
  check(!(await goes(program)), 'process.exit() ended a program with calls of node:fs stuck');
}

/** An open file there holds up the exit of any program. Another program can end that by mounts.abort(). */
async function held(program, root) {
  program.child.kill('SIGKILL');
  check(!(await goes(program)), 'it is gone');
  await until(async () => {
    // An abort that finds the mount unused unmounts it. The next one is refused with EINVAL.
    await mounts.abort(root).catch((error) => check(error.code === 'EINVAL', error.stack));
    return program.exit !== undefined;
  }, 'it is gone');
}

async function main(stall, name) {
  const place = await Place.make(stall, name);
  const hows = ['exit', 'SIGTERM', 'SIGKILL'];
  const programs = new Map();
  for (const how of hows) {
    const { at } = await place.prepare(how, { warm: [] });
    programs.set(how, new Program('stuck.cjs', [at]));
  }
  const { at } = await place.prepare('plain', {});
  const comparison = new Program('plain.cjs', [at]);
  const holder = stalls[stall].holdsExit
    ? new Program('holder.cjs', [(await place.prepare('holder', {})).at])
    : undefined;
  for (const program of [...programs.values(), comparison, holder]) await program?.says('ready');
  await place.begin();
  for (const program of programs.values()) {
    program.tell('begin');
    await program.says('stuck');
  }
  for (const [how, program] of programs) await test(`${stall}: ${how}`, () => ends(stall, how, program));
  // Workers in a wait that nothing ends stay behind, and hold up no process.
  if (stalls[stall].outcome !== 'abandoned')
    await test(`${stall}: no worker outlives its process`, () =>
      until(
        () => workers(programs.values()).length === 0,
        () => `no worker: ${JSON.stringify(workers(programs.values()))}`,
      ));
  await test(`${stall}: node:fs, for comparison`, () => plain(comparison));
  if (holder)
    await test(`${stall}: an open file holds up the exit, until mounts.abort()`, () =>
      held(holder, place.root));
  await test(`${stall}: after the stall nothing is left of the ended ones`, async () => {
    await place.end();
    await within(comparison.gone, 'the end of the program that uses node:fs');
    await until(
      () => workers(programs.values()).length === 0,
      () => `no worker: ${JSON.stringify(workers(programs.values()))}`,
    );
    await place.released();
  });
}

module.exports = main;
