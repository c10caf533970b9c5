// Finds out which C library this process runs on, from the process itself. A guess from the files of the system fails
// if both libraries are installed, or in a container.
import { closeSync, openSync, readSync } from 'node:fs';

export type Libc = 'glibc' | 'musl';

// elf.h
const PT_INTERP = 3;

/**
 * Returns the loader that the program names; '' if the program names none (it is static); undefined if the file cannot
 * be read.
 */
function interpreter(): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(process.execPath, 'r');
    const head = Buffer.alloc(4096);
    const length = readSync(fd, head, 0, head.length, 0);
    if (length < 64 || head.readUInt32BE(0) !== 0x7f454c46) return undefined;
    const table = Number(head.readBigUInt64LE(32));
    for (let i = 0; i < head.readUInt16LE(56); i++) {
      const at = table + i * head.readUInt16LE(54);
      if (at + 40 > length) return undefined;
      if (head.readUInt32LE(at) !== PT_INTERP) continue;
      const from = Number(head.readBigUInt64LE(at + 8));
      return head.toString('latin1', from, from + Number(head.readBigUInt64LE(at + 32)) - 1);
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Returns undefined on systems other than Linux. */
export function libcOfProcess(): Libc | undefined {
  if (process.platform !== 'linux') return undefined;
  const loader = interpreter();
  if (loader !== undefined && loader !== '') return loader.includes('musl') ? 'musl' : 'glibc';
  // This way is slower: getReport() collects everything that a crash report has.
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}
