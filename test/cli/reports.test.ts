// PENDINGOP_REPORT_STALLS and PENDINGOP_REPORT_SIGNAL have a program report its calls on standard error.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { supported } from '../../lib';
import { Child } from '../fixtures/processes';
import { dist, withFifo } from '../table/tools';
import { clean, killAllAfterwards, seen, start, until } from './tools';

const hook = ['--require', join(dist, 'register.js')];

describe('reports', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('a call that stalls is reported once, and so is its going on', async () => {
    const child = await start(
      'plain.cjs',
      ['pool', fifo().path],
      { env: { PENDINGOP_REPORT_STALLS: '100' } },
      hook,
    );
    await until(() => child.stderr.includes('\n'), 'the report');
    expect(child.stderr).toMatch(
      new RegExp(
        `^pendingop: stalled: #\\d+ readFile ${fifo().path} running .* openat .*, called at .*plain\\.cjs`,
      ),
    );
    fifo().open();
    fifo().close();
    await until(() => child.stderr.includes('goes on'), 'the end');
    expect(child.stderr.trimEnd().split('\n')).toHaveLength(2);
    expect(child.stderr).toContain('(completed)');
  });

  it('a call that stalls while the event loop is blocked is reported once the loop turns', async () => {
    const go = join(dirname(fifo().path), 'go');
    const script = `const fs = require('node:fs');
      fs.readFile(${JSON.stringify(fifo().path)}, () => undefined);
      setImmediate(() => {
        fs.writeSync(1, 'ready\\n');
        while (!fs.existsSync(${JSON.stringify(go)}));
        fs.writeSync(2, 'turns\\n');
      });
      setInterval(() => undefined, 60000);`;
    const child = Child.start(process.execPath, [...hook, '-e', script], {
      env: { ...clean(), PENDINGOP_REPORT_STALLS: '1' },
    });
    await child.says('ready');
    // A look from outside measures a longer wait than the loop has.
    await seen(child.pid, ({ waits }) => waits.some(({ ms }) => ms > 100));
    writeFileSync(go, '');
    await until(() => child.stderr.includes('stalled'), 'the report');
    expect(child.stderr).toMatch(/^turns\npendingop: stalled: #\d+ readFile \S+ running .* openat .*\n$/);
  });

  it('a path with a line break is reported in one line', async () => {
    const path = join(dirname(fifo().path), 'a\npendingop: stalled: \u001b[2J');
    execFileSync('mkfifo', [path]);
    const child = await start(
      'plain.cjs',
      ['pool', path],
      { env: { PENDINGOP_REPORT_STALLS: '1', PENDINGOP_REPORT_SIGNAL: 'SIGUSR2' } },
      hook,
    );
    await until(() => child.stderr.includes('stalled'), 'the report');
    child.kill('SIGUSR2');
    await until(() => child.stderr.includes('calls in flight'), 'the table');
    await Child.start('sh', ['-c', ': <> "$0"', path]).wait();
    await until(() => child.stderr.includes('goes on'), 'the end');
    expect(
      child.stderr
        .trimEnd()
        .split('\n')
        .map((line) => line.slice(0, 20)),
    ).toEqual([
      'pendingop: stalled: ',
      'pendingop: 1 calls i',
      `  readFile ${path.slice(0, 9)}`,
      'pendingop: goes on: ',
    ]);
    expect(child.stderr).not.toContain('\u001b');
  });

  it('a signal writes the table, also while the event loop is blocked', async () => {
    const script = `const fs = require('node:fs');
      for (let i = 0; i < 3; i++) fs.readFile(${JSON.stringify(fifo().path)}, () => undefined);
      setImmediate(() => { fs.writeSync(1, 'ready\\n'); for (;;); });`;
    const child = Child.start(process.execPath, [...hook, '-e', script], {
      env: { ...clean(), PENDINGOP_REPORT_SIGNAL: 'SIGUSR2' },
    });
    await child.says('ready');
    const reported = (): boolean =>
      (child.stderr.match(/ {2}readFile \S+ running .*openat/g) ?? []).length >= 3;
    await until(() => {
      child.kill('SIGUSR2');
      return reported();
    }, 'a report with three calls');
    expect(child.stderr).toContain(`calls in flight in process ${child.pid}\n`);
  });

  it.each([
    ['PENDINGOP_REPORT_STALLS', 'soon', 'must be a number of milliseconds from 0 to 2147483647'],
    ['PENDINGOP_REPORT_SIGNAL', 'SIGNONE', 'must be the name of a signal, such as SIGUSR2'],
    // Without an addon there are no reports on a signal, and a warning says so.
    ...(supported.native
      ? [['PENDINGOP_REPORT_SIGNAL', 'SIGKILL', 'cannot be used: EINVAL: invalid argument, sigaction']]
      : []),
  ])('%s=%s is an error', async (name, value, why) => {
    const child = Child.start(process.execPath, [...hook, '-e', '0'], { env: { ...clean(), [name]: value } });
    expect((await child.wait()).code).toBe(1);
    expect(child.stderr).toContain(`'${name}' ${why}`);
  });
});
