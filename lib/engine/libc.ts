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
    const bytes = new Uint8Array(4096);
    const length = readSync(fd, bytes, 0, bytes.length, 0);
    // Node compiles the methods of Buffer when they are first called; those of DataView are V8's own.
    const head = new DataView(bytes.buffer);
    if (length < 64 || head.getUint32(0) !== 0x7f454c46) return undefined;
    const table = Number(head.getBigUint64(32, true));
    for (let i = 0; i < head.getUint16(56, true); i++) {
      const at = table + i * head.getUint16(54, true);
      if (at + 40 > length) return undefined;
      if (head.getUint32(at, true) !== PT_INTERP) continue;
      const from = Number(head.getBigUint64(at + 8, true));
      const to = from + Number(head.getBigUint64(at + 32, true)) - 1;
      return String.fromCharCode(...bytes.subarray(from, to));
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
