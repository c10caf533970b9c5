// System calls that an old kernel does not have (ENOSYS), or that the filter of a container refuses since it does not know them
// (EPERM): every function does without.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

const OPTIONAL =
  'openat2 statx preadv2 pidfd_open close_range faccessat2 cachestat fchmodat2 copy_file_range capget'.split(
    ' ',
  );
/** Refused with EPERM it leaves libc, and so Node itself, without threads. */
const WITH_ENOSYS = 'clone3';
const cases = [
  ...[...OPTIONAL, OPTIONAL.join(',')].flatMap((calls) => [
    ['ENOSYS', calls] as const,
    ['EPERM', calls] as const,
  ]),
  ['ENOSYS', WITH_ENOSYS] as const,
  ['ENOSYS', [...OPTIONAL, WITH_ENOSYS].join(',')] as const,
];

const isLinux = process.platform === 'linux';
if (!isLinux) it('is tried on Linux', () => expect(isLinux).toBe(false));

const whereItIs = isLinux ? describe : () => undefined;
whereItIs('every function works without', () => {
  let folder: string;
  const expected = new Map<string, string>();

  async function outcomes(killable: string, ...before: string[]): Promise<string> {
    const place = join(folder, 'place');
    mkdirSync(place);
    const program = [process.execPath, join(__dirname, 'programs/every.cjs'), dist, place, killable];
    const [file, ...args] = [...before, ...program] as [string, ...string[]];
    const child = Child.start(file, args);
    expect(await child.wait()).toEqual({ code: 0, signal: null });
    expect(child.stderr).toBe('');
    return child.stdout;
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'refused-'));
    execFileSync(process.env.CC || 'cc', [
      '-o',
      join(folder, 'refusing'),
      join(__dirname, 'programs/refusing.c'),
    ]);
    for (const killable of ['auto', 'always']) expected.set(killable, await outcomes(killable));
    expect(expected.get('auto')).toContain('blocked "TimeoutError"\nrm');
  });
  afterAll(() => {
    Child.killAll();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(cases)('%s: %s', async (error, calls) => {
    for (const [killable, right] of expected) {
      const refusing = [join(folder, 'refusing'), String(constants.errno[error]), calls];
      expect(await outcomes(killable, ...refusing)).toBe(right);
    }
  });
});
