import { cases, onTree, settle, tree } from './harness';

/* copyFile: its flags and odd destinations. */

cases('copyFile', {
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
