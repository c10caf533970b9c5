// `top` on a terminal: redrawn at each sample, and after each key.
import { ExitCode } from '../failure';
import { screenOf } from '../screen/style';
import { enterAlternate, redraw } from '../screen/watch';
import { draw, type Line, linesOf, SORTS, type Sort, type View } from './draw';
import { type Key, listenForKeys } from './keys';
import type { ProcessSample, Sampler } from './sample';

export class Top {
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
