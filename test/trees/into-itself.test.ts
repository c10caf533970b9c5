// cp of a directory to a place that a link leads back into it.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { cp } from '../../lib/fs/promises';

it.each(['link/copy', 'link/missing/copy', 'link/missing/too/copy'])(
  'cp(source, %s) is refused, and makes nothing',
  async (dest) => {
    const folder = mkdtempSync(join(tmpdir(), 'into-itself-'));
    try {
      mkdirSync(join(folder, 'source'));
      writeFileSync(join(folder, 'source/file'), 'x');
      symlinkSync('source', join(folder, 'link'));
      const copied = cp(join(folder, 'source'), join(folder, dest), { recursive: true });
      await expect(copied).rejects.toMatchObject({ code: 'ERR_FS_CP_EINVAL' });
      expect(readdirSync(join(folder, 'source'))).toEqual(['file']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
