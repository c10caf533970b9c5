// top: rates, latencies, queues and waits, redrawn once a second.
import { type Arguments, type Command, pidOf, type Report } from '../command';
import { CliError, ExitCode } from '../failure';
import { ownerOf } from '../process/read';
import { noProcess } from '../process/view';
import { screenOf } from '../screen/style';
import { enterAlternate, redraw } from '../screen/watch';
import { draw, type Line, linesOf, SORTS, type Sort, type View } from '../top/draw';
import { type Key, listenForKeys } from '../top/keys';
import { type ProcessSample, ratesOf, Sampler } from '../top/sample';

/** ms between two looks. */
const PAUSE = 1000;

class Top {
  readonly #sampler: Sampler;
  #view: View;
  #before: ProcessSample[] = [];
  #now: ProcessSample[] = [];
  #lines: Line[] = [];
  #ended = false;
  #wake: () => void = () => undefined;

  constructor(sampler: Sampler, sort: Sort, filter: string) {
    this.#sampler = sampler;
    this.#view = { sort, filter, typing: false, selected: undefined, message: '' };
  }

  /** Runs until `q`, Ctrl-C or SIGTERM; with a pid, also until that process has ended. */
  async run(pause: number): Promise<number> {
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
    process.on('SIGWINCH', () => this.#draw());
    const stop = listenForKeys((key) => (key === 'q' && !this.#view.typing ? end() : this.#press(key)));
    enterAlternate();
    while (!this.#ended) {
      const samples = await this.#sampler.sample();
      if (samples.length === 0 && this.#now.length > 0) break;
      this.#before = this.#now;
      this.#now = samples;
      this.#draw();
      if (this.#ended) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, pause);
      });
    }
    stop();
    return ExitCode.fine;
  }

  #draw(): void {
    this.#lines = linesOf(this.#now, this.#view);
    const { selected } = this.#view;
    if (!this.#lines.some(({ key }) => key === selected))
      this.#view = { ...this.#view, selected: this.#lines[0]?.key };
    const screen = screenOf(process.stdout, process.env);
    redraw(draw(this.#now, this.#before, this.#lines, this.#view, screen), screen);
  }

  #press(key: Key): void {
    const view = { ...this.#view, message: '' };
    this.#view = view.typing ? this.#type(view, key) : this.#command(view, key);
    this.#draw();
  }

  #type(view: View, key: Key): View {
    if (key === 'enter') return { ...view, typing: false };
    if (key === 'escape') return { ...view, typing: false, filter: '' };
    if (key === 'backspace') return { ...view, filter: view.filter.slice(0, -1) };
    return key.length === 1 ? { ...view, filter: view.filter + key } : view;
  }

  #command(view: View, key: Key): View {
    const at = this.#lines.findIndex((line) => line.key === view.selected);
    const move = (by: number): View => {
      const to = Math.min(this.#lines.length - 1, Math.max(0, at + by));
      return { ...view, selected: this.#lines[to]?.key };
    };
    switch (key) {
      case 'up':
      case 'k':
        return move(-1);
      case 'down':
      case 'j':
        return move(1);
      case 's':
        return { ...view, sort: SORTS[(SORTS.indexOf(view.sort) + 1) % SORTS.length] as Sort };
      case '/':
        return { ...view, typing: true, filter: '' };
      case 'i':
        return { ...view, message: this.#interrupt(this.#lines[at]) };
      default:
        return view;
    }
  }

  #interrupt(line: Line | undefined): string {
    if (line === undefined) return 'Nothing is selected.';
    if (line.op === '')
      return `Process ${line.pid} has no control socket: only the calls of one that has can be interrupted.`;
    void this.#sampler.interrupt(line.pid, line.op).then(
      (answer) => {
        const outcome = answer?.outcomes?.[0]?.outcome ?? answer?.error ?? 'is over already';
        this.#view = { ...this.#view, message: `${line.fn} ${line.path}: ${outcome}` };
        this.#draw();
      },
      (error: Error) => {
        this.#view = { ...this.#view, message: error.message };
        this.#draw();
      },
    );
    return `Interrupting ${line.fn} ${line.path} …`;
  }
}

function sortOf(text: string | undefined): Sort {
  if (text === undefined) return 'age';
  const sort = SORTS.find((one) => one === text);
  if (sort === undefined)
    throw new CliError(`--sort takes ${SORTS.join(', ')}, not '${text}'`, ExitCode.usage);
  return sort;
}

/** Takes two samples for the rates, and returns what lies between them, as JSON or as one screen. */
async function one(sampler: Sampler, view: View): Promise<Report> {
  const before = await sampler.sample();
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  const now = await sampler.sample();
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
    const pid = words[0] === undefined ? undefined : pidOf(words[0]);
    if (pid !== undefined && ownerOf(pid) === undefined) throw noProcess(pid);
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
        return await one(sampler, view);
      }
      return await new Top(sampler, by, filter ?? '').run(PAUSE);
    } finally {
      sampler.close();
    }
  },
};
