// The glossary of CONTRIBUTING.md: each word is in use, and the words to avoid are not.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const page = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
const glossary = /^## Words\n([\s\S]*?)^## /m.exec(page)?.[1] ?? '';

function filesIn(folder: string, kind: RegExp): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => kind.test(name)).map((name) => join(folder, name));
}

const code = [...filesIn('lib', /\.ts$/), ...filesIn('binding', /\.(cc|c|h|S)$/)];
const texts = [...code, ...filesIn('docs', /\.(md|1)$/), 'README.md'].map(
  (name) => [name, readFileSync(join(root, name), 'utf8')] as const,
);

test('each word of the glossary is in use', () => {
  const words = [...glossary.matchAll(/^\| (\w+) \| (\S.*) \|$/gm)].slice(1).map(([, word = '']) => word);
  expect(words.length).toBeGreaterThan(25);
  expect(new Set(words).size).toBe(words.length);
  const ofCode = texts.slice(0, code.length);
  const isUsed = (word: string): boolean => {
    // The word may be part of a name, such as `abandonOp` or `grace_ms`.
    const used = new RegExp(`(?<![a-z])${word}(?![a-z])|${word[0]?.toUpperCase()}${word.slice(1)}(?![a-z])`);
    return ofCode.some(([, text]) => used.test(text));
  };
  expect(words.filter((word) => !isUsed(word))).toEqual([]);
});

test('the words to avoid are not used', () => {
  const avoided = [...(/^Avoid: ([\s\S]*?)\.$/m.exec(glossary)?.[1] ?? '').matchAll(/`([^`]+)`/g)].map(
    ([, word = '']) => word,
  );
  expect(avoided).toContain('told to stop');
  const found: string[] = [];
  for (const [name, text] of texts) {
    for (const word of avoided) {
      // A line break may stand between two words of a comment.
      const prose = new RegExp(`\\b${word.replaceAll(' ', '(?:\\s|//|\\*)+')}\\b`, 'i');
      const inName = new RegExp(`\\b${word.replaceAll(/ (.)/g, (_, first) => first.toUpperCase())}(?![a-z])`);
      if (prose.test(text) || inName.test(text)) found.push(`${name}: ${word}`);
    }
  }
  expect(found).toEqual([]);
});
