// Reading what the kernel says of processes. Only files of /proc that are answered from the kernel's memory: never
// cmdline, environ, maps, cwd and exe, whose reading can wait for the memory or the files of the process in question.
// A process may end at any moment: what is gone reads as undefined.
import { readdirSync, readFileSync, statSync } from 'node:fs';

/** The text of a file of /proc or /sys, byte for byte; undefined: there is none, or it may not be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** As readText(), with the error's code in place of what cannot be read. */
export function readOrCode(path: string): { text: string } | { code: string } {
  try {
    return { text: readFileSync(path, 'latin1') };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? 'EIO' };
  }
}

/** The names in a folder of /proc that are numbers, in their order. */
export function numbersIn(path: string): number[] {
  try {
    return readdirSync(path)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}

/** The uid that a process runs as; undefined: it is gone. */
export function ownerOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return undefined;
  }
}

/** Bytes of /proc as text: they are UTF-8 most of the time. */
export const decode = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');

/** The fields of /proc/<pid>/stat behind the name, which may itself contain blanks and brackets. */
export function statFields(text: string): { comm: string; fields: string[] } {
  const end = text.lastIndexOf(')');
  return {
    comm: decode(text.slice(text.indexOf('(') + 1, end)),
    fields: text
      .slice(end + 2)
      .trim()
      .split(' '),
  };
}
