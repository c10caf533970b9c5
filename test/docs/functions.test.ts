import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callbackFunctions } from '../../lib/fs/callback/functions';
import { FileHandle } from '../../lib/fs/handle/file-handle';
import promises from '../../lib/fs/promises';
import type { CallbackName } from '../../lib/fs/requests/names';

/* docs/functions.md is made from the table of functions: `PENDINGOP_WRITE_DOCS=1 npm test -- test/docs/functions`. */

const page = join(__dirname, '../../docs/functions.md');

const INTRO = `# Functions

Every function that is this package's own, by its name in \`node:fs\`. A \`?\` stands behind arguments that may be left out.
\`options\` are Node's, with \`signal\` and \`timeout\` (ms) beside them; functions that take none in Node take an
object with these two. The functions with \`Sync\` run as in Node, unless their options have a \`timeout\`: then they wait for a
worker that long.

The streams (\`createReadStream\`, \`createWriteStream\`, \`ReadStream\`, \`WriteStream\`), \`Dir\` and \`FileHandle\` make their
calls with these functions. \`watch\` (with promises, too) and \`watchFile\` have calls of their own: [watching](watching.md). \`promises.lchmod\` and \`promises.mkdtempDisposable\` have no sibling with a callback that would be
this package's. Everything else in \`node:fs\` is Node's own.

| with a callback | synchronous | promise | method of \`FileHandle\` |
| --- | --- | --- | --- |
`;

const WHOLE_FILES = new Set<string>(['readFile', 'writeFile', 'appendFile']);

function method(name: string, takes: readonly string[]): string | undefined {
  if (takes[0] !== 'fd' && !WHOLE_FILES.has(name)) return undefined;
  const known = [name, name.replace(/^f/, '')];
  return known.find((each) => each in FileHandle.prototype || each === 'close');
}

function row(name: CallbackName): string {
  const { takes } = callbackFunctions[name];
  const args = [...takes, 'options?', 'callback'].join(', ');
  const handle = method(name, takes);
  const cells = [
    `\`${name}(${args})\``,
    `\`${name}Sync\``,
    name in promises ? `\`${name}\`` : '',
    handle === undefined ? '' : `\`${handle}\``,
  ];
  return `| ${cells.join(' | ')} |\n`;
}

test('docs/functions.md is what the table of functions says', () => {
  const names = Object.keys(callbackFunctions) as CallbackName[];
  const made = INTRO + names.map(row).join('');
  if (process.env.PENDINGOP_WRITE_DOCS === '1') writeFileSync(page, made);
  expect(readFileSync(page, 'utf8')).toBe(made);
});
