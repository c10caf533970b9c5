// Random sequences of calls that are ended at random moments, compared with a model of the disk: CONTRIBUTING.md,
// "Random sequences".
import * as nodeFs from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { configure } from '../../lib';
import type { Api } from './calls';
import { episode, Places } from './episodes';

/** The number of calls in `npm test`. `npm run test:random` goes on for a given time. */
const EPISODES = 30;
const MODEL_EPISODES = Number(process.env.PENDINGOP_RANDOM_MODEL ?? 5);
const { PENDINGOP_RANDOM_SECONDS: seconds, PENDINGOP_RANDOM_SEED: given } = process.env;

let places: Places;
beforeAll(async () => {
  places = await Places.make();
});
afterAll(async () => {
  configure({ grace: 100, inline: process.env.PENDINGOP_KILLABLE === undefined, killable: 'auto' });
  await places.remove();
});

const first = Number(given ?? Date.now() % 1_000_000_000);

it('the model is right: Node makes of the same calls what it says', async () => {
  for (let i = 0; i < MODEL_EPISODES; i++)
    await episode(first + i, places, { api: nodeFs as unknown as Api, plain: true });
});

it(
  `random sequences, seed ${first}`,
  async () => {
    const end = performance.now() + Number(seconds ?? 0) * 1000;
    let steps = 0;
    for (let i = 0; seconds === undefined ? i < EPISODES : performance.now() < end; i++)
      steps += await episode(first + i, places);
    expect(steps).toBeGreaterThan(0);
    process.stdout.write(`${steps} random calls, seed ${first}\n`);
  },
  1000 * (Number(seconds ?? 0) + 120),
);
