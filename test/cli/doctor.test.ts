// `pendingop doctor` where an installation or a system lacks something.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { native } from '../../lib/engine/addon';
import { describeWith } from '../fixtures/available';
import { withFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';
import { clean, killAllAfterwards, main } from './tools';

interface Finding {
  verdict: string;
  what: string;
  text: string;
  advice?: string;
}

const folder = withFolder('doctor');

/** Returns the findings of doctor. `before` is the command line in front of node; `flags` are node's. */
async function doctor(
  { before = [], flags = [] }: { before?: string[]; flags?: string[] } = {},
  cwd = folder(),
): Promise<{ code: number | null; of(what: string): Finding | undefined; all: Finding[] }> {
  const [file = '', ...args] = [...before, process.execPath, ...flags, main, 'doctor', '--json'];
  const child = Child.start(file, args, { env: clean(), cwd });
  const { code } = await child.wait(60_000);
  if (child.stdout === '') throw new Error(child.stderr);
  const all = JSON.parse(child.stdout) as Finding[];
  return { code, all, of: (what) => all.find((one) => one.what === what) };
}

const isRoot = process.getuid?.() === 0;

describe('doctor', () => {
  killAllAfterwards();

  it('finds two copies of the package in a tree, and says whether they go together', async () => {
    const copies = ['node_modules/pendingop', 'node_modules/other/node_modules/pendingop'];
    const versions = (...all: string[]): void =>
      copies.forEach((where, index) => {
        mkdirSync(folder(where), { recursive: true });
        writeFileSync(
          folder(where, 'package.json'),
          JSON.stringify({ name: 'pendingop', version: all[index] }),
        );
      });
    versions('0.1.0', '0.0.1');
    const { of, code } = await doctor();
    expect(of('copies')).toMatchObject({
      ...{ verdict: 'bad', text: expect.stringMatching(/^2: 0\.0\.1 in .*; 0\.1\.0 in /) },
    });
    expect(code).toBe(1);
    versions('0.0.2', '0.0.1');
    expect((await doctor()).of('copies')).toMatchObject({
      ...{ verdict: 'note', text: expect.stringMatching(/^2: 0\.0\.1 in /) },
    });
  });

  it('says whether system calls are filtered', async () => {
    const mode = /^Seccomp:\s*(\d)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    const { text } = (await doctor()).of('seccomp') as Finding;
    if (mode === '0') expect(text).toBe('no filter');
    else expect(text).toMatch(/^(a filter is|\d+ filters are) on/);
  });

  it('sees a filter that refuses tasks', async () => {
    const launcher = folder('no-tasks');
    const source = join(__dirname, '../killable/programs/no-tasks.c');
    execFileSync(process.env.CC || 'cc', ['-o', launcher, source]);
    const { of } = await doctor({ before: [launcher] });
    if (native.counts().killable)
      expect(of('tasks')).toMatchObject({
        verdict: 'note',
        text: expect.stringContaining('workers are threads everywhere'),
      });
    expect(of('seccomp')?.text).toMatch(/ on; what it refuses /);
    expect(of('calls')?.verdict).toBe('ok');
  });

  it('under Node’s permission model says so', async () => {
    const model = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission';
    const flags = [model, '--allow-fs-read=*', '--allow-fs-write=*'];
    if (process.allowedNodeEnvironmentFlags.has('--allow-addons')) flags.push('--allow-addons');
    const { of } = await doctor({ flags });
    expect(of('permissions')).toMatchObject({ verdict: 'note', text: expect.stringContaining('permission') });
    expect(of('addon')?.verdict).toBe('ok');
  });

  it('as process 1 says what becomes of tasks after SIGKILL', async () => {
    // Without root's rights this needs a user namespace, which a system may refuse.
    const namespace = ['unshare', ...(isRoot ? [] : ['--user', '--map-root-user'])];
    const { of } = await doctor({ before: [...namespace, '--pid', '--fork', '--mount-proc'] });
    expect(of('pid 1')).toMatchObject({ verdict: 'note', text: expect.stringMatching(/runs as process 1/) });
    expect(of('pid 1')?.advice).toMatch(/SIGKILL .* zombies/);
  });
});

describeWith('stallfs', 'doctor on a mount', () => {
  killAllAfterwards();

  it('says what works on the mount, also while the mount hangs', async () => {
    const fs = await StallFs.mount();
    try {
      await fs.hold('ignore');
      const { all } = await doctor();
      const found = all.find(({ what, text }) => what === 'mount' && text.startsWith(`${fs.path} (fuse`));
      const alone = native.counts().killable ? /can be ended one by one/ : /ended alone/;
      expect(found?.text).toMatch(alone);
      expect(found?.text).toContain('`pendingop abort` ends all of them');
    } finally {
      await fs.unmount();
    }
  });
});
