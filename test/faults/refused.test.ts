// System calls that an old kernel lacks (ENOSYS), or that the filter of a container does not know and refuses (EPERM).
// Every function works without them.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withSharedFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

const OPTIONAL =
  'openat2 statx preadv2 pidfd_open close_range faccessat2 cachestat fchmodat2 copy_file_range capget'.split(
    ' ',
  );
/** If clone3() is refused with EPERM, libc starts no threads, and Node does not run. */
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
  const expected = new Map<string, string>();

  async function outcomes(killable: string, ...before: string[]): Promise<string> {
    const place = folder('place');
    mkdirSync(place);
    const program = [process.execPath, join(__dirname, 'programs/every.cjs'), dist, place, killable];
    const [file, ...args] = [...before, ...program] as [string, ...string[]];
    const child = Child.start(file, args);
    expect(await child.wait()).toEqual({ code: 0, signal: null });
    expect(child.stderr).toBe('');
    return child.stdout;
  }

  afterAll(() => Child.killAll());
  const folder = withSharedFolder('refused');
  beforeAll(async () => {
    execFileSync(process.env.CC || 'cc', ['-o', folder('refusing'), join(__dirname, 'programs/refusing.c')]);
    for (const killable of ['auto', 'always']) expected.set(killable, await outcomes(killable));
    expect(expected.get('auto')).toContain('blocked "TimeoutError"\nrm');
  });

  it.each(cases)('%s: %s', async (error, calls) => {
    for (const [killable, right] of expected) {
      const refusing = [folder('refusing'), String(constants.errno[error]), calls];
      expect(await outcomes(killable, ...refusing)).toBe(right);
    }
  });
});
