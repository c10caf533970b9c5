// Prints cases.cjs as the tables of docs/interruption.md, and the times of a run.
'use strict';
const { calls, queues, stalls, expected, queueOutcome } = require('./cases.cjs');

const OUTCOMES = ['interrupted', 'killed', 'abandoned'];

const row = (cells) => `| ${cells.join(' | ')} |`;
const markdown = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

/** Returns a list of calls, or `all but …` if that is shorter. */
function those(names, all) {
  if (names.length === 0) return '–';
  if (names.length === all.length) return 'all';
  const others = all.filter((name) => !names.includes(name));
  return others.length < names.length ? `all but ${others.join(', ')}` : names.join(', ');
}

const tries = ({ parts }, part) => parts?.includes(part) ?? true;

/** Returns what mounts.abort() does to stuck calls. */
function aborts(stall) {
  if (!tries(stall, 'mounts-api')) return 'not tested';
  return stall.aborted.length > 0 ? `frees them: ${stall.aborted.join(' or ')}` : 'frees none, and says so';
}

/** The table of how each call ends under each stall. */
function callTable() {
  const rows = Object.entries(stalls).map(([name, stall]) => {
    const { title, untried = [] } = stall;
    const all = Object.keys(calls).filter((call) => !untried.includes(call));
    const ends = OUTCOMES.map((outcome) =>
      those(
        all.filter((call) => expected(name, call) === outcome),
        all,
      ),
    );
    const plain = tries(stall, 'exit') ? 'none' : 'not tested';
    return [title, ...ends, untried.join(', ') || '–', aborts(stall), plain];
  });
  const outcomes = OUTCOMES.map((outcome) => `\`${outcome}\``);
  return markdown(
    ['the mount, and what is wrong', ...outcomes, 'not tested', '`mounts.abort()`', 'with `node:fs` end'],
    rows,
  );
}

/** The table of how calls end together with a stuck one that they wait behind. */
function queueTable() {
  const tried = Object.keys(stalls).filter((stall) => tries(stalls[stall], 'queues'));
  const short = tried.map((stall) => stalls[stall].short);
  const rows = Object.keys(queues).map((queue) => [
    queue,
    ...tried.map((stall) => `\`${queueOutcome(stall, queue)}\``),
  ]);
  return markdown(['the calls', ...short], rows);
}

/** The times of a run, in ms: from the interrupt to the rejected promise, and until a process has ended. */
function timeTable(results) {
  const rows = [];
  for (const [stall, { title }] of Object.entries(stalls)) {
    const add = (what, some) => {
      const times = some.map(({ ms }) => ms).sort((a, b) => a - b);
      if (times.length === 0) return;
      const at = (share) => times[Math.floor(share * (times.length - 1))].toFixed(0);
      rows.push([title, what, times.length, at(0), at(0.5), at(1)]);
    };
    const of = (key) => results.filter((result) => result[key]?.stall === stall);
    for (const outcome of OUTCOMES)
      add(
        `\`${outcome}\``,
        of('cell').filter(({ cell }) => cell.outcome === outcome),
      );
    add('freed by `mounts.abort()`', of('abort'));
    add('gone after exit, SIGTERM, SIGKILL', of('exit'));
  }
  return markdown(['the mount, and what is wrong', 'what', 'times', 'least', 'median', 'most'], rows);
}

module.exports = { callTable, queueTable, timeTable };
