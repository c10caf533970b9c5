// A program with a helper that blocks, or rests: parent.cjs <dist> <block | idle> <fifo> <log>
const [dist, how, fifo, log] = process.argv.slice(2);
const { runIsolated } = require(`${dist}/isolated`);
const work = require('node:path').join(__dirname, 'work.cjs');

runIsolated(work, ['pid']).then((pid) => {
  console.log(`helper ${pid}`);
  if (how === 'block') runIsolated(work, ['block', fifo, log, 'x']);
});
