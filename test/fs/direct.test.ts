// For descriptors opened with O_DIRECT the kernel takes only sizes, positions and addresses that are multiples of a sector.
// The caller's buffers need not be aligned, since workers copy.
import nodeFs, { constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configure } from '../../lib';
import * as fs from '../../lib/fs/promises';
import { withSharedFolder } from '../fixtures/folder';

const { O_CREAT, O_RDWR, O_TRUNC } = constants;
// Only Linux has this flag.
const O_DIRECT = (constants as Record<string, number>).O_DIRECT ?? 0;
const SECTOR = 4096;
const pattern = (sectors: number, first: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: sectors * SECTOR }, (_, i) => (first + i * 7) & 0xff));
/** An address that is not aligned to a sector. */
const askew = (bytes: Buffer): Buffer => {
  const all = Buffer.alloc(bytes.length + 1);
  bytes.copy(all, 1);
  return all.subarray(1);
};

/** Whether the file system of the temporary files takes the flag. The tmpfs of older kernels does not. */
const isTaken = (() => {
  const folder = nodeFs.mkdtempSync(join(tmpdir(), 'direct-'));
  try {
    nodeFs.closeSync(nodeFs.openSync(join(folder, 'file'), O_RDWR | O_CREAT | O_DIRECT));
    return true;
  } catch {
    return false;
  } finally {
    nodeFs.rmSync(folder, { recursive: true });
  }
})();

describe.each([true, false])('O_DIRECT, calls without a worker: %s', (inline) => {
  const folder = withSharedFolder('direct');
  let path: string;
  beforeAll(() => {
    configure({ inline });
    path = folder('file');
  });
  afterAll(() => configure({ inline: true }));

  if (!isTaken) {
    it('fails as the file system fails it', () =>
      expect(fs.open(path, O_RDWR | O_CREAT | O_DIRECT)).rejects.toMatchObject({ code: 'EINVAL' }));
    return;
  }

  it('reads and writes whole sectors, from any memory', async () => {
    const bytes = pattern(6, 1);
    const handle = await fs.open(path, O_RDWR | O_CREAT | O_TRUNC | O_DIRECT);
    try {
      expect((await handle.write(askew(bytes.subarray(0, 2 * SECTOR)), 0, 2 * SECTOR, 0)).bytesWritten).toBe(
        2 * SECTOR,
      );
      const parts = [bytes.subarray(2 * SECTOR, 3 * SECTOR), askew(bytes.subarray(3 * SECTOR))];
      expect((await handle.writev(parts, 2 * SECTOR)).bytesWritten).toBe(4 * SECTOR);
      expect(nodeFs.readFileSync(path).equals(bytes)).toBe(true);

      const target = askew(Buffer.alloc(6 * SECTOR));
      expect((await handle.read(target, 0, 6 * SECTOR, 0)).bytesRead).toBe(6 * SECTOR);
      expect(target.equals(bytes)).toBe(true);
      const two = [Buffer.alloc(SECTOR), askew(Buffer.alloc(SECTOR))];
      expect((await handle.readv(two, SECTOR)).bytesRead).toBe(2 * SECTOR);
      expect(Buffer.concat(two).equals(bytes.subarray(SECTOR, 3 * SECTOR))).toBe(true);
      expect((await handle.read(target, 0, SECTOR, 6 * SECTOR)).bytesRead).toBe(0);
    } finally {
      await handle.close();
    }
  });

  it('writes a whole file', async () => {
    const bytes = pattern(40, 3);
    await fs.writeFile(path, askew(bytes), {
      flag: (O_RDWR | O_CREAT | O_TRUNC | O_DIRECT) as unknown as string,
    });
    expect(nodeFs.readFileSync(path).equals(bytes)).toBe(true);
  });

  it('fails if the kernel refuses a position, and has written nothing', async () => {
    const bytes = pattern(2, 5);
    nodeFs.writeFileSync(path, bytes);
    const fd = nodeFs.openSync(path, O_RDWR | O_DIRECT);
    let refused: string | undefined;
    try {
      nodeFs.readSync(fd, Buffer.alloc(2 * SECTOR), 0, SECTOR, 1);
    } catch (error) {
      refused = (error as NodeJS.ErrnoException).code;
    } finally {
      nodeFs.closeSync(fd);
    }
    const handle = await fs.open(path, O_RDWR | O_DIRECT);
    try {
      const written = handle.write(pattern(1, 9), 0, SECTOR, 1);
      // A file system in memory takes any position.
      if (refused === undefined) expect((await written).bytesWritten).toBe(SECTOR);
      else {
        await expect(written).rejects.toMatchObject({ code: 'EINVAL', syscall: 'write' });
        expect(nodeFs.readFileSync(path).equals(bytes)).toBe(true);
      }
    } finally {
      await handle.close();
    }
  });
});
