// Inode numbers, sizes and counts that no double can hold, or that are wrong.

import { promisify } from 'node:util';
import { describe, expect } from '@jest/globals';
import { describeWith, itOfOwnCalls } from '../../fixtures/available';
import { settleAll } from '../harness';
import { CONTENT, type Its, Liar, ours, type Ways } from './liar';
import { copiers, stats, treeCopiers } from './ways';

const ALL = 2n ** 64n - 1n;

interface Told {
  ino: number | bigint;
  size: number | bigint;
  isFile(): boolean;
}

/** The inode number differs from run to run, so only its form is compared. */
const high = (ino: number | bigint): unknown =>
  typeof ino === 'bigint' ? BigInt.asIntN(64, ino) >> 48n : Math.floor(ino / 2 ** 48);

/** Returns the status by numbers and by bigints, and whether both name the same inode. */
const described = (name: string): Ways =>
  Object.fromEntries(
    Object.entries(stats(name)).map(([way, stat]) => [
      way,
      async (its: Its, dir: string): Promise<unknown> => {
        const number = (await stat(its, dir, false)) as Told;
        const bigint = (await stat(its, dir, true)) as Told;
        const same = Number(bigint.ino) === number.ino;
        return [high(number.ino), high(bigint.ino), same, number.size, bigint.size, number.isFile()];
      },
    ]),
  );

describeWith('stallfs', 'a file that is described', () => {
  const liar = new Liar();
  for (const [what, bits] of [
    ['of 2^53 and more', 1n << 53n],
    ['of 2^63 and more', 0xffffn << 48n],
    ['all of them 2^64 - 1', ALL],
  ] as const) {
    const lie = (): Promise<void> => liar.mount.lie('ino', bits);
    // Node takes the copy for the source itself, and copies nothing into it.
    const losing = bits === ALL ? Object.keys(copiers('file')) : [];
    liar.compare(
      `inode numbers ${what}`,
      lie,
      {
        ...described('file'),
        ...copiers('file'),
        'promises.cp onto itself': ({ fsp }, dir) => fsp.cp(`${dir}/file`, `${dir}/file`),
        'cpSync onto itself': ({ fs }, dir) => fs.cpSync(`${dir}/file`, `${dir}/file`),
        'promises.cp into itself': ({ fsp }, dir) =>
          fsp.cp(`${dir}/folder`, `${dir}/folder/deep/tree`, { recursive: true }),
        'cpSync into itself': ({ fs }, dir) =>
          fs.cpSync(`${dir}/folder`, `${dir}/folder/deep/tree`, { recursive: true }),
        'promises.cp onto another file': ({ fsp }, dir) => fsp.cp(`${dir}/file`, `${dir}/large`),
        'cpSync onto another file': ({ fs }, dir) => fs.cpSync(`${dir}/file`, `${dir}/large`),
        'promises.cp onto another folder': ({ fsp }, dir) =>
          fsp.cp(`${dir}/folder/deep`, `${dir}/folder`, { recursive: true }),
      },
      { not: losing },
    );
    for (const name of losing)
      itOfOwnCalls(`inode numbers ${what}: ${name} copies`, async () => {
        const left = await liar.during(lie, async () => {
          await copiers('file')[name]?.(ours, liar.mount.path);
          return liar.left();
        });
        if (name in treeCopiers) expect(left).toMatchObject({ '/tree/inner': 'x', '/tree/deep/inner': 'y' });
        else expect(left).toMatchObject({ '/copy': CONTENT, '/file': CONTENT });
      });
  }
  for (const size of [1000, -25, 2n ** 53n, 2n ** 62n])
    liar.compare(`a size that is ${size} more`, () => liar.mount.lie('size', size), described('file'));

  describe('counts of a file system of 2^63 and more', () => {
    liar.compare('', () => liar.mount.lie('statfs', 0x9123_4567_89ab_cdefn), {
      statfs: ({ fsp, fs }, dir) =>
        settleAll(
          () => fsp.statfs(dir),
          () => fsp.statfs(dir, { bigint: true }),
          () => promisify(fs.statfs)(dir),
          () => promisify(fs.statfs)(dir, { bigint: true }),
          () => fs.statfsSync(dir),
          () => fs.statfsSync(dir, { bigint: true }),
        ),
    });
  });
});
