// Finished calls settle before the program submits calls because of another event.
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { configure } from '../../lib';
import { native } from '../../lib/engine/addon';
import { statSync } from '../../lib/fs';
import { open, stat } from '../../lib/fs/promises';
import { Fifo } from '../fixtures/fifo';
import { until } from '../fixtures/leaks';

let fifo: Fifo;

beforeEach(async () => {
  fifo = await Fifo.make();
  // One worker, and none of earlier tests, so the first call ends first.
  configure({ maxThreads: 1, inline: false });
  await until(() => native.counts().workers <= 1, 'idle workers leave');
});

afterEach(async () => {
  configure({ maxThreads: 16_384, inline: true });
  await fifo.remove();
});

test('a call that is over settles before one of a later event is submitted', async () => {
  const order: string[] = [];
  const opened = open(fifo.path).then((handle) => {
    order.push('opened');
    return handle;
  });
  // The loop has found no completion.
  await setTimeout(1);
  await setTimeout(1);
  fifo.open();
  // Queued behind it for the same worker.
  statSync('/', { timeout: 60_000 });
  const later = stat('/');
  // All in this turn of the loop.
  for (let i = 0; i < 100; i++) await null;
  order.push('the turn is over');
  await (await opened).close();
  await later;
  expect(order).toEqual(['opened', 'the turn is over']);
});
