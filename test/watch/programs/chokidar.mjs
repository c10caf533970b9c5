// Under the hook: chokidar on a folder, and on others as they are named on stdin. Prints what it tells, a line each.
//   node --require pendingop/register chokidar.mjs <polling | events> <folder>
import { createInterface } from 'node:readline';
import { gzip } from 'node:zlib';
import { watch } from 'chokidar';

const [, , how, folder] = process.argv;
const say = (...words) => console.log(words.join(' '));

const watcher = watch(folder, { usePolling: how === 'polling', interval: 20, binaryInterval: 20 });
watcher.on('all', (event, path) => say(event, path));
watcher.on('error', (error) => say('error', error.code));
watcher.on('ready', () => say('ready'));

createInterface({ input: process.stdin }).on('line', async (line) => {
  const [command, path] = line.split(' ');
  // The event loop turns, and Node's own threads are free, whatever the mount does.
  if (command === 'ping') gzip('ping', () => say('pong'));
  if (command === 'add') watcher.add(path);
  if (command === 'close') {
    await watcher.close();
    process.stdin.destroy();
  }
});
