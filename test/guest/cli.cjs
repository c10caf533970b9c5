// The command line on a stalled mount: what it shows of a program without the package and of one with a control socket,
// and which calls it ends.
'use strict';
const { spawn } = require('node:child_process');
const { dirname, join } = require('node:path');
const { expected, stalls } = require('./cases.cjs');
const { Place } = require('./place.cjs');
const { Program } = require('./program.cjs');
const { check, test, until, within } = require('./tools.cjs');

const MAIN = join(dirname(require.resolve('pendingop/package.json')), 'dist/cli/main.js');
/** ms that a mount has to answer. Emulation is slow. */
const TIMEOUT = 2000;

/** Runs a command to its end. Returns its output, parsed as JSON. */
async function pendingop(...args) {
  const child = spawn(process.execPath, [MAIN, ...args, '--json'], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  const code = await within(
    new Promise((resolve) => child.once('close', resolve)),
    `the end of ${args.join(' ')}`,
  );
  return { code, json: out === '' ? undefined : JSON.parse(out), err };
}

/** Returns the output of `ps` once it is as expected: `ps` shows a thread only after it has waited for a while. */
async function seen(pid, isExpected) {
  let last;
  await until(
    async () => {
      last = await pendingop('ps', String(pid));
      return isExpected(last.json);
    },
    () => `as expected: ${JSON.stringify(last)}`,
  );
  return last;
}

async function main(stall, name) {
  const { aborted } = stalls[stall];
  const place = await Place.make(stall, name);
  const { root } = place;
  const plain = new Program('plain.cjs', [(await place.prepare('plain', {})).at]);
  const known = new Program('stuck.cjs', [(await place.prepare('known', {})).at], { PENDINGOP_CONTROL: '1' });
  for (const program of [plain, known]) await program.says('ready');
  await place.begin();
  plain.tell('begin');
  await plain.says('begun');
  known.tell('begin');
  await known.says('stuck');

  await test(`${stall}: ps of a program that knows nothing`, async () => {
    const { code, json } = await seen(
      plain.child.pid,
      ({ verdicts }) => verdicts[0]?.poolThreads === 4 && verdicts[0].ms > 1000,
    );
    const [{ place: where, text }] = json.verdicts;
    check(where === root, `place ${where}`);
    check(text.startsWith(`4 of 4 pool threads wait on ${root} (`), text);
    check(text.includes('not answering for') && text.includes('every fs call'), text);
    check(code === 1, `exit status ${code}`);
  });
  await test(`${stall}: ps of one with a control socket`, async () => {
    const isStat = ({ fn, call }) => fn === 'stat' && call === 'statx';
    const { json } = await seen(known.child.pid, ({ ops }) => ops?.some(isStat));
    // The package's own call asks the mount itself.
    const own = ({ fn, path }) => fn === 'statfs' && path === root;
    const strange = json.ops.filter(
      (op) => op.mount !== root || (!own(op) && !op.path.startsWith(`${root}/known`)),
    );
    check(strange.length === 0, JSON.stringify(strange));
  });
  await test(`${stall}: top of both shows what waits there`, async () => {
    for (const { child } of [plain, known]) {
      const { json, code } = await pendingop('top', String(child.pid));
      check(code === 0, `exit status ${code}`);
      check(json.processes[0]?.pid === child.pid, JSON.stringify(json.processes));
      const there = json.ops.filter(({ path, mount }) => mount === root || path.startsWith(root));
      check(there.length > 0, JSON.stringify(json.ops));
    }
    const { json } = await pendingop('top', String(known.child.pid));
    const seen = json.processes[0].mounts.find(({ mountPoint }) => mountPoint === root);
    check(seen?.state === 'stalled', JSON.stringify(json.processes[0].mounts));
  });
  await test(`${stall}: df and mounts mark it, doctor says what works there`, async () => {
    const [df, mounts, doctor] = await Promise.all([
      pendingop('df', `--timeout=${TIMEOUT}`),
      pendingop('mounts', `--timeout=${TIMEOUT}`),
      pendingop('doctor'),
    ]);
    const of = ({ json }) => json.find(({ mountPoint }) => mountPoint === root);
    check(of(df)?.stalled === true && df.code === 1, `df ${df.code} ${JSON.stringify(of(df))}`);
    check(of(mounts)?.state === 'stalled' && mounts.code === 1, `mounts ${JSON.stringify(of(mounts))}`);
    check(of(mounts).unanswered === null || of(mounts).unanswered > 0, JSON.stringify(of(mounts)));
    const said = doctor.json.find(({ what, text }) => what === 'mount' && text.startsWith(`${root} (`))?.text;
    check(/ended one by one|ended alone/.test(said), `doctor ${said}`);
    check(/`pendingop abort` ends/.test(said) === aborted.length > 0, `doctor ${said}`);
  });
  await test(`${stall}: interrupt ends calls of a process, and says how`, async () => {
    const wanted = expected(stall, 'stat');
    // An emulated machine on a busy one takes seconds to kill nine tasks. Calls that nothing ends take all of the grace.
    const grace = wanted === 'abandoned' ? 2000 : 10_000;
    const { json, code } = await pendingop('interrupt', String(known.child.pid), root, `--grace=${grace}`);
    // Nothing ends a call whose request the daemon has read, but it may not have read all of them yet.
    const isLegal = ({ outcome }) => outcome === wanted || (wanted === 'abandoned' && outcome === 'killed');
    check(json.length > 0 && json.every(isLegal), JSON.stringify(json));
    const remain = json.some(({ outcome }) => outcome === 'abandoned');
    check(code === (remain ? 1 : 0), `exit status ${code}`);
    await seen(known.child.pid, ({ ops }) => ops.every(({ state }) => state === 'abandoned'));
  });
  await test(`${stall}: abort ends those of all, or says that it cannot`, async () => {
    const { code, err } = await pendingop('abort', root);
    if (aborted.length === 0) {
      check(code === 3 && /frees no call/.test(err), `exit status ${code}: ${err}`);
      return;
    }
    check(code === 0, `exit status ${code}: ${err}`);
    for (const call of ['stat', 'readFile', 'readdir', 'mkdir']) await plain.says(`ended ${call}`);
  });
  await test(`${stall}: nothing is left of those`, async () => {
    await place.end();
    for (const program of [plain, known]) {
      program.tell('exit');
      await within(program.gone, 'the end of a program');
    }
    await place.released();
  });
}

module.exports = main;
