// Uses the package: has one op of each kind that its event loop carries out, says what becomes of them, and blocks its
// loop until FILE.go is there when told to.
'use strict';
const { existsSync } = require('node:fs');
const [dist, file, how = ''] = process.argv.slice(2);
const { runInterruptible, trackOp } = require(`${dist}/index.js`);
const { runCommand } = require(`${dist}/command/index.js`);
const { startTask } = require(`${dist}/task/index.js`);

const say = (text) => process.stdout.write(`${text}\n`);
let wake = () => undefined;
const ops = {
  track: () =>
    trackOp({ fn: 'waitForIt', pathname: file, onInterrupt: () => wake() }, () => {
      return new Promise((_, reject) => {
        wake = () => reject(new Error('told to end'));
      });
    }),
  command: () => runCommand('sleep', ['1000']),
  task: () =>
    startTask(() => {
      for (;;);
    }).result,
};

for (const [name, start] of Object.entries(ops)) {
  const told = ({ code, outcome, cause }) => say(`${name} ${code} ${outcome} ${cause?.code}`);
  runInterruptible({ label: `of ${name}` }, start).catch(told);
}
process.stdout.write('ready\n', () => {
  if (how === 'busy') while (!existsSync(`${file}.go`));
});
setInterval(() => undefined, 60_000);
