// Takes a lock and keeps nothing of it: forgotten.cjs <dist> <path> <kind>, with --expose-gc
const [dist, path, kind] = process.argv.slice(2);
const { open, stat } = require(`${dist}/fs/promises`);
const { lock, tryLock } = require(`${dist}/lock`);

async function main() {
  await (async () => void (await lock(path, { kind })))();
  // A handle that was forgotten as well, and later: when the collector has closed that one, it has looked at both.
  let collected = false;
  process.once('warning', () => {
    collected = true;
  });
  await (async () => void (await open(path)))();
  while (!collected) {
    globalThis.gc();
    // The last call's memory of its handle goes with the next.
    await stat(path);
  }
  console.log((await tryLock(path, { kind })) === undefined ? 'held' : 'lost');
}

main();
