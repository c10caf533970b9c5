// Doctor: other copies of the package in the tree. The first one that a program loads serves those that go together with
// it. Others have a table of their own: a scope of one knows nothing of the other's calls.
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

/** Folders named node_modules below one, as npm nests them; links are not followed any further. */
function search(folder: string, found: Map<string, Copy>, depth: number): void {
  for (const path of packages(folder)) {
    if (path.endsWith('/pendingop')) {
      try {
        const { name, version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
        if (name === 'pendingop') found.set(realpathSync(path), { path, version });
      } catch {
        // Not a package.
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
  // Whichever is loaded first.
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
              'They do not go together: each that is loaded has a table of its own. `npm dedupe`, or `overrides` in package.json, leaves one.',
          }),
    },
  ];
}
