import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';

// The oldest C library that Node 20 runs on.
const OLDEST = 28;

function addonPath(): string {
  const own = process.env.PENDINGOP_ADDON;
  if (own) return own;
  const build = require('node-gyp-build') as { resolve(root: string): string };
  return build.resolve(`${__dirname}/../..`);
}

// The addon of the portable backend is for tests only and does not ship for this system.
const shipped = process.env.PENDINGOP_BACKEND !== 'posix';

test('the addon needs no newer C library than Node does', () => {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  const symbols = execFileSync('nm', ['-D', '--undefined-only', addonPath()], { encoding: 'utf8' });
  const versions = [...symbols.matchAll(/@GLIBC_2\.(\d+)/g)].map((match) => Number(match[1]));
  if (report?.header?.glibcVersionRuntime !== undefined) expect(versions.length).toBeGreaterThan(0);
  if (shipped) expect(versions.filter((version) => version > OLDEST)).toEqual([]);
  // The addon links neither the unwinder nor the C++ library dynamically: these have symbol versions of their own.
  expect(symbols).not.toMatch(/_Unwind|GLIBCXX|CXXABI/);
});
