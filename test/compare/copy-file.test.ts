import { chownSync, statSync, utimesSync } from 'node:fs';
import { cases, type Fsp, onTree, settle, tree } from './harness';

/* copyFile(): its flags, and unusual destinations. */

const isRoot = process.getuid?.() === 0;

const TIME = 1_000_000;

/**
 * Copies to a new path and over a file. Returns the owner of the copies, and whether they have the times of the source.
 */
const kept =
  (copy: (fsp: Fsp, from: string, to: string) => Promise<unknown>) =>
  async (fsp: Fsp, dir: string): Promise<unknown> => {
    for (const name of ['file.txt', 'empty', 'sub', 'sub/a.txt']) {
      if (isRoot) chownSync(`${dir}/${name}`, 1000, 1001);
      utimesSync(`${dir}/${name}`, TIME, TIME);
    }
    const copies: unknown[] = [];
    for (const [from, to, look] of [
      ['file.txt', 'new', 'new'],
      ['file.txt', 'utf8.txt', 'utf8.txt'],
      ['empty', 'new-empty', 'new-empty'],
      ['empty', 'exec.sh', 'exec.sh'],
      ['sub', 'tree', 'tree/a.txt'],
      ['sub', 'tree', 'tree'],
    ] as const) {
      copies.push(await settle(() => copy(fsp, `${dir}/${from}`, `${dir}/${to}`)));
      const copied = statSync(`${dir}/${look}`, { throwIfNoEntry: false });
      copies.push([look, copied?.uid, copied?.gid, copied?.mtimeMs === TIME * 1000]);
    }
    return copies;
  };

cases('copyFile', {
  'owners and times': kept((fsp, from, to) => fsp.copyFile(from, to)),
  'owners and times, by cp': kept((fsp, from, to) => fsp.cp(from, to, { recursive: true })),
  'owners and times, by cp with preserveTimestamps': kept((fsp, from, to) =>
    fsp.cp(from, to, { recursive: true, preserveTimestamps: true }),
  ),

  flags: async (fsp, dir) => {
    const { COPYFILE_EXCL, COPYFILE_FICLONE, COPYFILE_FICLONE_FORCE } = fsp.constants;
    const seen = [];
    const flags = [
      0,
      COPYFILE_EXCL,
      COPYFILE_FICLONE,
      COPYFILE_FICLONE_FORCE,
      COPYFILE_EXCL | COPYFILE_FICLONE,
      7,
      8,
      -1,
      64,
    ];
    for (const flag of flags) {
      const copy = (from: string, to: string) => settle(() => fsp.copyFile(`${dir}/${from}`, to, flag));
      seen.push(await copy('exec.sh', `${dir}/new${flag}`), await copy('utf8.txt', `${dir}/new${flag}`));
      seen.push(
        await copy('bytes.bin', '/dev/shm/no-such-directory/x'),
        await copy('sub', `${dir}/d`),
        await copy('missing', `${dir}/m`),
      );
    }
    return [seen, tree(dir)];
  },
  'onto itself, a link, a larger file, a read-only one': onTree(
    (fsp, dir) => fsp.copyFile(`${dir}/file.txt`, `${dir}/file.txt`),
    (fsp, dir) => fsp.copyFile(`${dir}/file.txt`, `${dir}/link`),
    (fsp, dir) => fsp.copyFile(`${dir}/file.txt`, `${dir}/bytes.bin`),
    (fsp, dir) => fsp.copyFile(`${dir}/link`, `${dir}/a`),
    (fsp, dir) => fsp.copyFile(`${dir}/file.txt`, `${dir}/dangling`),
    (fsp, dir) => fsp.copyFile(`${dir}/exec.sh`, `${dir}/b`),
    (fsp, dir) => fsp.copyFile('/proc/sys/kernel/ostype', `${dir}/c`),
  ),
});
