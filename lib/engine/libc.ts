// Which C library this process runs on, told by the process itself: a guess by files of the system goes wrong where both
// are installed, or in a container.
import { closeSync, openSync, readSync } from 'node:fs';

export type Libc = 'glibc' | 'musl';

// elf.h
const PT_INTERP = 3;

/** The loader that the program names; undefined where it names none (it is static), or cannot be read. */
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

/** Undefined on other systems than Linux. */
export function libcOfProcess(): Libc | undefined {
  if (process.platform !== 'linux') return undefined;
  const loader = interpreter();
  if (loader !== undefined && loader !== '') return loader.includes('musl') ? 'musl' : 'glibc';
  // Slower: it collects all that a crash report has.
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}
