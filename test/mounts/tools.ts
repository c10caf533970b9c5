// Mounts of one file system at places whose names are no UTF-8, or would move a cursor.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { withFolder } from '../fixtures/folder';
import { Child } from '../fixtures/processes';
import { StallFs } from '../fixtures/stallfs';

/** The bytes that no UTF-8 text has, a line feed, an escape, a backslash and what looks like an escaped byte. */
export const NAMES = ['a\xff', 'a\xfe', 'b\n\x1b[2J', 'c\\377', 'd\u00e4'].map((name) =>
  Buffer.from(name, 'latin1'),
);
export const SHOWN = ['a\\377', 'a\\376', 'b\\012\\033[2J', 'c\\134377', 'd\\344'];
export const LOST = '\ufffd';

/** Mounts by the bytes of the place, which no argument of Node's can have. */
export const placeIn = (folder: string, name: Buffer): string =>
  `'${folder}'"$(printf '/${[...name].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}.'; )"`;
export const shell = (script: string): void => void execFileSync('sh', ['-ec', script], { stdio: 'pipe' });

export interface NamedMounts {
  /** Holds the mount points. */
  folder: () => string;
  fs: () => StallFs;
  /** Returns the path of a mount point, or of what is below it. */
  at: (name: Buffer, ...rest: string[]) => Buffer;
}

/** Mounts a StallFs at each of NAMES for each test. It has a file `file`. */
export function withNamedMounts(): NamedMounts {
  let fs: StallFs;
  afterEach(async () => {
    Child.killAll();
    // A child of this process closes its copies of the descriptors that a failed test has left open there.
    fs.abort();
    for (const name of NAMES) shell(`umount -l ${placeIn(folder(), name)} || true`);
    await fs.unmount();
  });
  const folder = withFolder('names');
  const at: NamedMounts['at'] = (name, ...rest) =>
    Buffer.concat([
      Buffer.from(`${folder()}/`),
      name,
      Buffer.from(`.${rest.map((one) => `/${one}`).join('')}`),
    ]);
  beforeEach(async () => {
    fs = await StallFs.mount();
    writeFileSync(join(fs.backing, 'file'), 'content');
    for (const name of NAMES) {
      mkdirSync(at(name));
      shell(`mount --bind '${fs.path}' ${placeIn(folder(), name)}`);
    }
  });
  return { folder, fs: () => fs, at };
}
