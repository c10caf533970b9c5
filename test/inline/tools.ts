// Drives programs/caller.cjs, which shows whether its event loop turns while a call waits.
import { join } from 'node:path';
import { within } from '../fixtures/leaks';
import { Child } from '../fixtures/processes';

/** The outcome or the error's code, and how many calls were answered without a worker meanwhile. */
export type Over = [outcome: unknown, inline: number];

export class Caller {
  readonly #child: Child;
  #next = 1;

  private constructor(child: Child) {
    this.#child = child;
  }

  static async start(env: NodeJS.ProcessEnv = {}): Promise<Caller> {
    const child = Child.start(process.execPath, [join(__dirname, 'programs/caller.cjs')], {
      env: { ...process.env, NODE_OPTIONS: '', PENDINGOP_KILLABLE: '', ...env },
    });
    await child.says('ready\n');
    return new Caller(child);
  }

  #send(name: string, args: readonly unknown[]): number {
    const id = this.#next++;
    this.#child.write(`${JSON.stringify([id, name, ...args])}\n`);
    return id;
  }

  async #over(id: number): Promise<Over> {
    await this.#child.says(`over ${id} `);
    await within(this.#child.says(`turned ${id}\n`), 'the loop turns');
    const text = new RegExp(`^over ${id} (.*)$`, 'm').exec(this.#child.stdout)?.[1] as string;
    return JSON.parse(text) as Over;
  }

  /** Makes a call that ends by itself. */
  call(name: string, ...args: unknown[]): Promise<Over> {
    return this.#over(this.#send(name, args));
  }

  /** Makes a call that waits, and resolves once the loop has turned. */
  async waiting(name: string, ...args: unknown[]): Promise<{ isOver: boolean; over: () => Promise<Over> }> {
    const id = this.#send(name, args);
    await this.#child.says(`turned ${id}\n`);
    return { isOver: this.#child.stdout.includes(`over ${id} `), over: () => this.#over(id) };
  }

  async end(): Promise<void> {
    this.#child.endInput();
    await this.#child.wait();
  }
}
