// cp of a directory to a destination that lies, by a link, within the same directory.
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { cp } from '../../lib/fs/promises';
import { inFolder } from '../fixtures/folder';

it.each(['link/copy', 'link/missing/copy', 'link/missing/too/copy'])(
  'cp(source, %s) is refused, and makes nothing',
  async (dest) => {
    await inFolder('into-itself', async (folder) => {
      mkdirSync(folder('source'));
      writeFileSync(folder('source/file'), 'x');
      symlinkSync('source', folder('link'));
      const copied = cp(folder('source'), folder(dest), { recursive: true });
      await expect(copied).rejects.toMatchObject({ code: 'ERR_FS_CP_EINVAL' });
      expect(readdirSync(folder('source'))).toEqual(['file']);
    });
  },
);
