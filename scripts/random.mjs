// npm run test:random -- --seconds N [--seed S]: random sequences of calls beside a model of the disk, for a long time.
// A failure is printed with its seed: `--seed S --seconds 1` begins with it.
import { parseArgs } from 'node:util';
import {
  bin,
  defaultBackend,
  ensureAddon,
  ensureDist,
  ensureFixture,
  ensureInstalled,
} from './bootstrap.mjs';
import { Failure, main, run } from './tools.mjs';

/** Seconds. Each slice runs in a jest of its own, so that garbage does not pile up. */
const SLICE = 300;
/** More episodes than a slice can have. */
const APART = 1_000_000;

function numberOf(text, name) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new Failure(`--${name} takes a whole number, not '${text}'`);
  return value;
}

await main(async () => {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
  });
  const seconds = numberOf(values.seconds, 'seconds');
  const seed = numberOf(values.seed ?? String(Date.now() % 1_000_000_000), 'seed');
  await ensureInstalled();
  await ensureDist();
  const addon = await ensureAddon(process.env.PENDINGOP_BACKEND ?? defaultBackend);
  await ensureFixture();
  for (let done = 0; done < seconds; done += SLICE) {
    const slice = Math.min(SLICE, seconds - done);
    const first = seed + (done / SLICE) * APART;
    const { code } = await run(bin('jest'), ['test/random/random'], {
      env: {
        PENDINGOP_ADDON: addon,
        PENDINGOP_RANDOM_SECONDS: String(slice),
        PENDINGOP_RANDOM_SEED: String(first),
      },
    });
    if (code !== 0) return 1;
  }
  return 0;
});
