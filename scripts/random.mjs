// npm run test:random -- --seconds N [--seed S] [--processes P]: random sequences of calls beside a model of the disk, for a
// long time. A failure is printed with the number of its episode: `--seed <that> --seconds 1 --processes 1` begins with it.
import { parseArgs } from 'node:util';
import {
  bin,
  defaultBackend,
  ensureAddon,
  ensureDist,
  ensureFixture,
  ensureInstalled,
} from './bootstrap.mjs';
import { Failure, jobs, main, run } from './tools.mjs';

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

/** Runs one jest. Returns how many calls it made; undefined if it failed. */
async function slice(env, seconds, seed) {
  const { code, text } = await run(bin('jest'), ['test/random/random'], {
    collect: true,
    env: { ...env, PENDINGOP_RANDOM_SECONDS: String(seconds), PENDINGOP_RANDOM_SEED: String(seed) },
  });
  const told = /^\d+ random calls, seed \d+$/m.exec(text)?.[0];
  console.log(code === 0 && told ? told : text);
  return code === 0 ? Number.parseInt(told, 10) : undefined;
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string' },
      processes: { type: 'string', default: jobs },
    },
  });
  const seconds = numberOf(values.seconds, 'seconds');
  let seed = numberOf(values.seed ?? String(Date.now() % 1_000_000_000), 'seed');
  const processes = numberOf(values.processes, 'processes');
  await ensureInstalled();
  await ensureDist();
  const PENDINGOP_ADDON = await ensureAddon(process.env.PENDINGOP_BACKEND ?? defaultBackend);
  await ensureFixture();

  let calls = 0;
  let failures = 0;
  const goOn = async () => {
    for (let done = 0; done < seconds; done += SLICE) {
      const first = seed;
      seed += APART;
      const made = await slice({ PENDINGOP_ADDON }, Math.min(SLICE, seconds - done), first);
      if (made === undefined) failures++;
      else calls += made;
    }
  };
  await Promise.all(Array.from({ length: processes }, goOn));
  console.log(`${calls} random calls, ${failures} failures`);
  return failures === 0 ? 0 : 1;
});
