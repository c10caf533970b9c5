// The tables of the docs are those that `npm run test:guest` tests.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const { callTable, queueTable } = require('./table.cjs') as { callTable(): string; queueTable(): string };

describe('docs/interruption.md', () => {
  const docs = readFileSync(join(__dirname, '../../docs/interruption.md'), 'utf8');

  it.each([
    ['how calls end under each stall', callTable],
    ['how calls end behind a stuck one', queueTable],
  ])('shows %s', (_, table) => {
    expect(docs).toContain(table());
  });
});
