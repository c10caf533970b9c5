// Drives programs/rights.cjs, which makes calls and gives up rights, one for each line of its input.
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { until } from '../fixtures/leaks';
import { Child } from '../fixtures/processes';
import { dist } from '../table/tools';

const program = join(__dirname, 'programs/rights.cjs');

/** The program and its answers to lines. */
export class Program {
  readonly child: Child;
  #heard = 0;

  private constructor(place: string, env: NodeJS.ProcessEnv) {
    this.child = Child.start(process.execPath, [program, dist, place], { env: { ...process.env, ...env } });
  }

  static async start(place: string, env: NodeJS.ProcessEnv, steps: readonly string[]): Promise<Program> {
    const started = new Program(place, env);
    await started.child.says('ready\n');
    await started.does(...steps);
    return started;
  }

  /** Sends the lines together. Resolves to the answer to the last one. */
  async does(...steps: string[]): Promise<string> {
    if (steps.length === 0) return '';
    this.child.write(steps.map((step) => `${step}\n`).join(''));
    let answer = '';
    for (const step of steps) {
      const name = step.split(' ')[0];
      const told = new RegExp(`^${name}: (.*)\n`, 'm');
      const rest = (): string => this.child.stdout.slice(this.#heard);
      await until(() => this.child.over || told.test(rest()), `an answer to ${step}`);
      const found = told.exec(rest());
      if (found === null) throw new Error(`it ended: ${this.child.stderr}`);
      answer = found[1] as string;
      this.#heard += found.index + found[0].length;
    }
    return answer;
  }

  /** `told`: what the program must have written to standard error. */
  async ends(told = /^$/): Promise<void> {
    this.child.write('exit\n');
    expect(await this.child.wait()).toEqual({ code: 0, signal: null });
    expect(this.child.stderr).toMatch(told);
  }
}
