// Errors in the middle of functions that make many calls.
import { type CopyOptions, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWith } from '../../fixtures/available';
import { settle, settleAll } from '../harness';
import { Liar, type Way } from './liar';

describeWith('stallfs', 'errors in the midst', () => {
  const liar = new Liar();
  const errors: [string, () => Promise<void>, Way][] = [
    [
      'ENOSPC of mkdir with recursive',
      () => liar.mount.error('ENOSPC', { op: 'mkdir' }),
      ({ fsp, fs: its }, dir) =>
        settleAll(
          () => fsp.mkdir(join(dir, 'a/b/c'), { recursive: true }),
          () => fsp.mkdir(join(dir, 'folder/b'), { recursive: true }),
          () => promisify(its.mkdir)(join(dir, 'a/b/c'), { recursive: true }),
          () => fsp.mkdir(join(dir, 'a')),
          () => fsp.mkdtemp(join(dir, 'a')),
        ),
    ],
    [
      'EROFS of mkdir with recursive',
      () => liar.mount.error('EROFS', { op: 'mkdir' }),
      ({ fsp }, dir) =>
        settleAll(
          () => fsp.mkdir(join(dir, 'a/b/c'), { recursive: true }),
          () => fsp.mkdir(join(dir, 'folder'), { recursive: true }),
        ),
    ],
    ...(
      [
        ['opendir', '/folder/deep'],
        ['readdir', '/folder/deep'],
        ['readlink', '/folder/link'],
        ['symlink', '/tree/link'],
        ['mkdir', '/tree'],
        ['mkdir', '/tree/deep'],
        ['create', '/tree/inner'],
        // Node and the Linux backend have the file system copy (copy_file_range). The portable backend reads and
        // writes.
        ...(process.env.PENDINGOP_BACKEND === 'posix' ? [] : ([['read', '/folder/inner']] as const)),
        ['setattr', '/tree/inner'],
        ['setattr', '/tree/deep'],
      ] as const
    ).map(([op, path]): [string, () => Promise<void>, Way] => [
      `EIO of ${op} at ${path} during cp`,
      async () => {
        symlinkSync('inner', liar.behind('folder/link'));
        await liar.mount.error('EIO', { op, path });
      },
      async ({ fsp }, dir) => {
        const copy = (options: CopyOptions) =>
          settle(() => fsp.cp(join(dir, 'folder'), join(dir, 'tree'), { recursive: true, ...options }));
        const seen = [await copy({})];
        rmSync(liar.behind('tree'), { recursive: true, force: true });
        seen.push(await copy({ preserveTimestamps: true }));
        return seen;
      },
    ]),
    [
      'EIO of readdir',
      () => liar.mount.error('EIO', { op: 'readdir' }),
      async ({ fsp, fs: its }, dir) => {
        const opened = await fsp.opendir(dir);
        const iterated = await fsp.opendir(dir);
        const inSync = its.opendirSync(dir);
        return settleAll(
          () => opened.read(),
          () => promisify((done: (error: Error | null) => void) => opened.read(done))(),
          async () => {
            for await (const entry of iterated) return entry.name;
            return undefined;
          },
          () => inSync.readSync(),
          () => opened.readSync(),
          () => opened.close(),
          () => inSync.closeSync(),
          () => fsp.readdir(dir),
          () => fsp.readdir(dir, { recursive: true }),
          () => fsp.readdir(dir, { withFileTypes: true, recursive: true }),
          () => its.readdirSync(dir),
          () => promisify(its.readdir)(dir),
          () => fsp.rm(join(dir, 'folder'), { recursive: true }),
        );
      },
    ],
  ];
  for (const [name, lie, way] of errors) liar.compare(name, lie, { 'all of it': way });
});
