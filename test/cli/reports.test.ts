// PENDINGOP_REPORT_STALLS and PENDINGOP_REPORT_SIGNAL: what a program says of itself on standard error.
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Child } from '../fixtures/processes';
import { dist, withFifo } from '../table/tools';
import { clean, killAllAfterwards, start, until } from './tools';

const hook = ['--require', join(dist, 'register.js')];

describe('reports', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('a call that stalls is told once, and that it goes on', async () => {
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

  it('a signal has the table written, also while the event loop is blocked', async () => {
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
    ['PENDINGOP_REPORT_STALLS', 'soon'],
    ['PENDINGOP_REPORT_SIGNAL', 'SIGNONE'],
  ])('%s=%s is an error', async (name, value) => {
    const child = Child.start(process.execPath, [...hook, '-e', '0'], { env: { ...clean(), [name]: value } });
    expect((await child.wait()).code).toBe(1);
    expect(child.stderr).toContain(name);
  });
});
