// user.cjs DIST STALLFS FOLDER UID: as that user mounts STALLFS in FOLDER, has calls stuck there, and aborts it. Started
// as root, who can read all that is loaded.
'use strict';
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { existsSync } = require('node:fs');
const [dist, stallfs, folder, user] = process.argv.slice(2);
const { interrupt, listPending, mounts, trackPending } = require(dist);
const { stat } = require(`${dist}/fs/promises`);

const uid = Number(user);
const point = `${folder}/mount`;

async function main() {
  const daemon = spawn(stallfs, [`${folder}/backing`, point], {
    uid,
    gid: uid,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  process.once('exit', () => daemon.kill('SIGKILL'));
  let said = '';
  daemon.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  const says = async (text) => {
    while (!said.includes(text)) await once(daemon.stdout, 'data');
  };
  await says('ready\n');
  process.setgroups([]);
  process.setgid(uid);
  process.setuid(uid);

  daemon.stdin.write('1 hold ignore op=lookup\n');
  await says('1 ok');
  trackPending(true);
  const left = stat(`${point}/a`).catch((error) => error.outcome);
  daemon.stdin.write('2 wait-held 1 20000\n');
  await says('2 ok');
  await interrupt(listPending(), { grace: 20 });
  const waits = stat(`${point}/b`).catch((error) => error.code);
  daemon.stdin.write('3 wait-held 2 20000\n');
  await says('3 ok');
  await mounts.abort(point);
  console.log(await left, await waits);
  while (listPending().length > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  // There is more than one way to end a connection: this one does not unmount.
  console.log(mounts.of(`${point}/a`).mountPoint === point ? 'mounted' : 'unmounted', existsSync(folder));
  process.exit(0);
}

main();
