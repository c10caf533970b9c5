// Doctor: other copies of the package in the tree. The copy that a program loads first serves all copies that are
// compatible with it. Any other copy has a table of its own, and a scope of one does not know the calls of the other.
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { serves } from '../../engine/copies';
import type { Finding } from './checks';

interface Copy {
  readonly path: string;
  readonly version: string;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function packages(folder: string): string[] {
  const own = names(folder).filter((name) => !name.startsWith('.'));
  return own.flatMap((name) =>
    name.startsWith('@')
      ? names(join(folder, name)).map((inner) => join(folder, name, inner))
      : [join(folder, name)],
  );
}

/** Searches the folders named node_modules below a folder, as npm nests them. Does not follow links any further. */
function search(folder: string, found: Map<string, Copy>, depth: number): void {
  for (const path of packages(folder)) {
    if (path.endsWith('/pendingop')) {
      try {
        const { name, version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
        if (name === 'pendingop') found.set(realpathSync(path), { path, version });
      } catch {
        // The folder is no package.
      }
    }
    if (depth > 0) search(join(path, 'node_modules'), found, depth - 1);
  }
}

const MOST_NESTED = 5;

export function copiesFinding(from: string): Finding[] {
  const found = new Map<string, Copy>();
  for (let folder = from; ; folder = dirname(folder)) {
    search(join(folder, 'node_modules'), found, MOST_NESTED);
    if (folder === dirname(folder)) break;
  }
  const copies = [...found.values()];
  if (copies.length === 0)
    return [{ verdict: 'note', what: 'copies', text: `the package is not installed for ${from}` }];
  const text = copies.map(({ path, version }) => `${version} in ${path}`).join('; ');
  if (copies.length === 1) return [{ verdict: 'ok', what: 'copies', text }];
  // Compatible whichever is loaded first.
  const together = copies.every((one) => copies.every((other) => serves(one.version, other.version)));
  return [
    {
      verdict: together ? 'note' : 'bad',
      what: 'copies',
      text: `${copies.length}: ${text}${together ? '. The one that a program loads first serves all.' : ''}`,
      ...(together
        ? {}
        : {
            advice:
              'They are incompatible: each that is loaded has a table of its own. Run `npm dedupe`, or set `overrides` in package.json, to keep one.',
          }),
    },
  ];
}
