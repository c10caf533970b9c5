// server.cjs SERVER ONLY PARTS: runs every part for every stall of a server, each in a process of its own, on a mount
// of its own, and with a limit. Prints their output, a JSON object on each line. A line that is no JSON is printed as
// it is.
'use strict';
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const { stalls } = require('./cases.cjs');
const { LIMIT, PACE, processes, say, test } = require('./tools.cjs');

const allParts = ['calls', 'queues', 'exit', 'mounts-api'];
/** ms that one part may take under one stall. */
const PART_LIMIT = 150_000 * PACE;

/** ms for the start, which all parts share. */
const START_LIMIT = 180_000 * PACE;

function mounts(...args) {
  const timeout = args[0].endsWith('_start') ? START_LIMIT : LIMIT;
  execFileSync(`${__dirname}/mounts.sh`, args, { timeout, stdio: ['ignore', 2, 2] });
}

/** Passes a line of a part on to the host, and notes the test that the part is in. */
function report(line, state) {
  try {
    const what = JSON.parse(line);
    if (what.begin !== undefined) state.running.add(what.begin);
    if (what.test !== undefined) state.running.delete(what.test);
  } catch {
    line = JSON.stringify({ note: line });
  }
  fs.writeSync(1, `${line}\n`);
}

const first = (file) => fs.readFileSync(file, 'utf8').split('\n', 1)[0];

/** Returns where the tasks of a process, and all workers, are in the kernel. */
function whereabouts(pid) {
  const found = [];
  for (const one of processes().filter((one) => one.pid === pid || one.name.startsWith('pendingop'))) {
    try {
      for (const task of fs.readdirSync(`/proc/${one.pid}/task`))
        found.push(`${one.name} ${task}: ${one.state} ${first(`/proc/${task}/wchan`)}`);
    } catch {
      // The process has ended.
    }
  }
  return found.join('; ');
}

/**
 * Runs one part in a process of its own. A test that has begun and not ended at the end of the process, or at the
 * limit, has failed.
 */
function run(part, stall, name) {
  return new Promise((resolve) => {
    const state = { running: new Set() };
    const child = spawn(process.execPath, [`${__dirname}/part.cjs`, part, stall, name], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child.on('message', (asked) => {
      let failed = '';
      try {
        mounts(...[asked.mounts].flat());
      } catch (error) {
        failed = error.stack;
      }
      if (child.connected) child.send(failed);
    });
    let why = '';
    const timer = setTimeout(() => {
      why = `hung: ${whereabouts(child.pid)}`;
      mounts(stalls[stall].end);
      child.kill('SIGKILL');
      // A call that holds the process may go on after the stall.
      setTimeout(over, 10_000, `${why}; not even gone`);
    }, PART_LIMIT);
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (text) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop();
        for (const line of lines) report(line, state);
      });
    }
    const over = (how) => {
      clearTimeout(timer);
      if (state.over) return;
      state.over = true;
      for (const test of state.running) say({ test, ok: false, ms: 0, why: how });
      if (how !== '' && state.running.size === 0)
        say({ test: `${stall}: ${part}`, ok: false, ms: 0, why: how });
      resolve();
    };
    child.once('close', (code, signal) => over(why || (code === 0 ? '' : `it ended with ${signal ?? code}`)));
  });
}

/** Unmounts. Fails if anything that was left behind holds the mount. */
const unmount = (name) => execFileSync('umount', [`/mnt/${name}`], { timeout: 30_000, stdio: 'pipe' });

async function main() {
  const [server, only, chosenParts] = process.argv.slice(2);
  const isChosen = (part) => !chosenParts || chosenParts.split(',').includes(part);
  const chosen = Object.entries(stalls).filter(
    ([stall, one]) => one.server === server && (!only || new RegExp(only).test(stall)),
  );
  if (chosen.length > 0) mounts(`${server}_start`);
  for (const [stall, { mount, end, parts = allParts, startsProcesses, showsCli }] of chosen) {
    const more = [...(startsProcesses ? ['processes'] : []), ...(showsCli ? ['cli'] : [])];
    for (const part of [...parts, ...more].filter(isChosen)) {
      const name = `${stall}-${part}`;
      fs.mkdirSync(`/srv/${name}`);
      fs.mkdirSync(`/mnt/${name}`);
      try {
        mounts(mount, name);
      } catch (error) {
        say({ test: `${stall}: ${part}`, ok: false, ms: 0, why: error.stack });
        continue;
      }
      await run(part, stall, name);
      mounts(end);
      await test(`${stall}: ${part}: nothing holds the mount`, () => {
        // An aborted connection or a forced unmount may have unmounted it already.
        const mounted = fs.readFileSync('/proc/self/mountinfo', 'utf8').includes(` /mnt/${name} `);
        if (mounted || !['mounts-api', 'exit', 'cli'].includes(part)) unmount(name);
      });
    }
  }
}

main().catch((error) => {
  say({ test: `the stalls of ${process.argv[2]}`, ok: false, ms: 0, why: error.stack });
  process.exitCode = 1;
});
