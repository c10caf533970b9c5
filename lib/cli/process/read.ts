// Reads what the kernel tells about processes. Only files of /proc are read that the kernel answers from its own
// memory: never cmdline, environ, maps, cwd and exe, whose reading can wait for the memory or the files of the process.
// A process may end at any moment: then its files read as undefined.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { decode } from '../screen/bytes';

/**
 * Returns the text of a file of /proc or /sys, one character for each byte; undefined: it does not exist, or may not be
 * read.
 */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** Does what readText() does, but returns the error's code if the file cannot be read. */
export function readOrCode(path: string): { text: string } | { code: string } {
  try {
    return { text: readFileSync(path, 'latin1') };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? 'EIO' };
  }
}

/** Returns the names in a folder of /proc or /sys; none if it does not exist, or may not be read. */
export function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Returns the names in a folder of /proc that are numbers, in order. */
export const numbersIn = (path: string): number[] =>
  namesIn(path)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);

/** Returns the user id that a process runs as; undefined: it has ended. */
export function ownerOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return undefined;
  }
}

/** Returns the name, and the fields of /proc/<pid>/stat behind it. The name may contain blanks and brackets. */
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
