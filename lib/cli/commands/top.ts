// top: rates, latencies, queues and waits, redrawn once a second.
import { type Arguments, type Command, pidOf, type Report } from '../command';
import { CliError, ExitCode } from '../failure';
import { noProcess, processNamed } from '../process/view';
import { draw, linesOf, SORTS, type Sort, type View } from '../top/draw';
import { Top } from '../top/live';
import { ratesOf, Sampler } from '../top/sample';

/** ms between two looks. */
const PAUSE = 1000;

function sortOf(text: string | undefined): Sort {
  if (text === undefined) return 'age';
  const sort = SORTS.find((one) => one === text);
  if (sort === undefined)
    throw new CliError(`--sort takes ${SORTS.join(', ')}, not '${text}'`, ExitCode.usage);
  return sort;
}

/** Takes two samples for the rates, and returns what lies between them, as JSON or as one screen. */
async function one(sampler: Sampler, view: View, pid: number | undefined): Promise<Report> {
  const before = await sampler.sample();
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  const now = await sampler.sample();
  if (pid !== undefined && now.length === 0) throw noProcess(pid);
  const lines = linesOf(now, view);
  const json = {
    processes: now.map(({ pid, name, stats, mounts }) => ({ pid, name, stats: stats ?? null, mounts })),
    rates: ratesOf(now, before),
    ops: lines.map(({ key: _, ...line }) => line),
  };
  return { json, text: (screen) => draw(now, before, lines, view, screen), code: ExitCode.fine };
}

export const top: Command = {
  name: 'top',
  words: '[pid]',
  summary: 'rates, latency and queue by function and mount, and what waits, once a second',
  details: `Of one process, or of all that \`ps\` shows, together. Rates and queues are known of processes with a control socket
(PENDINGOP_CONTROL=1); of others, the threads that wait. Keys: s sorts by the next column, / filters (Escape ends that),
up and down select, i interrupts the selected call, q ends. Without a terminal, or with --once or --json, one screen is
printed after a second.`,
  options: ['json', 'once', 'sort', 'filter', 'watch'],
  least: 0,
  most: 1,
  async run({ words, json, once, sort, filter, watch }: Arguments) {
    const pid = words[0] === undefined ? undefined : processNamed(pidOf(words[0]));
    const by = sortOf(sort);
    const sampler = new Sampler(pid);
    try {
      if (json || once || process.stdout.isTTY !== true || watch !== undefined) {
        const view: View = {
          sort: by,
          filter: filter ?? '',
          typing: false,
          selected: undefined,
          message: '',
        };
        return await one(sampler, view, pid);
      }
      return await new Top(sampler, by, filter ?? '').run(PAUSE);
    } finally {
      sampler.close();
    }
  },
};
