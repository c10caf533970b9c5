// One actor: a random sequence of calls in a folder of its own, and the model that it is compared with.
import { closeSync, type Dir, mkdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import {
  InterruptError,
  interrupt,
  interruptUnder,
  listPending,
  OpKind,
  type PendingOp,
  runInterruptible,
} from '../../lib';
import type { FileHandle } from '../../lib/fs/promises';
import { until, within } from '../fixtures/leaks';
import { signal } from '../fixtures/processes';
import type { StallFs } from '../fixtures/stallfs';
import { readActual } from './actual';
import { type Api, fdOf, type Handle, type Host, start } from './calls';
import { chooseSteps } from './choose';
import { Disk } from './disk';
import { type Done, judge } from './judge';
import { Random } from './random';
import { describe, describeResult, type Ending, type Result, type Step } from './step';
import { fileSystemValue } from './values';
import { World } from './world';

// A local name: jest looks up globals slowly.
const { imul } = Math;

/** ms after which a wait is said never to end. */
const NEVER = 60_000;

export interface Place {
  /** The path of the root for the calls, and the path by which Node finds the same files. */
  readonly root: string;
  readonly backing: string;
  /** If the file system can hold requests: the fixture, and the path of the root in it. */
  readonly stalls?: { readonly fs: StallFs; readonly path: string } | undefined;
}

export interface Setting {
  readonly place: Place;
  readonly api: Api;
  /** Whether `api` is the package, whose calls can be ended. */
  readonly ends: boolean;
  /** Whether no other actor makes calls meanwhile, so that workers may be killed. */
  readonly alone: boolean;
  readonly seed: readonly number[];
  readonly often?: readonly string[] | undefined;
  /** Gets a description of every step. */
  readonly record?: string[] | undefined;
}

const ignore = (): void => undefined;

export class Sequence {
  readonly #setting: Setting;
  readonly #host: Host;
  #world: World;
  readonly #log: string[] = [];
  #steps = 0;
  #hasKilled = false;

  constructor(setting: Setting) {
    this.#setting = setting;
    const { place, api, ends } = setting;
    mkdirSync(place.backing);
    this.#host = { api, root: place.root, handles: new Map(), dirs: new Map(), reuses: ends, settled: [] };
    this.#world = new World(new Disk(place.root, process.umask()));
    this.#world.fileSystem = fileSystemValue(statfsSync(place.root));
  }

  /** Whether the sequence has killed tasks. */
  get hasKilled(): boolean {
    return this.#hasKilled;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Takes `count` steps. Rejects with the first fault, and all steps up to it. */
  async run(count: number): Promise<void> {
    const { place, seed } = this.#setting;
    try {
      while (this.#steps < count) {
        const steps = this.#next(new Random(...seed, this.#steps));
        this.#log.push(...steps.map((step) => `${this.#steps + 1}. ${describe(step)}`));
        this.#setting.record?.push(...steps.map(describe));
        await this.#perform(steps);
        this.#steps += steps.length;
      }
      for (const slot of [...this.#world.open.keys()])
        await this.#perform([{ fn: 'close', face: this.#isBare(slot) ? 'sync' : 'promise', slot }]);
      for (const dir of [...this.#world.dirs.keys()])
        await this.#perform([{ fn: 'dirClose', face: 'promise', dir }]);
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new Error(`${why}\nthe calls up to then, in ${place.root}:\n${this.#log.join('\n')}`);
    } finally {
      await this.#free();
      for (const handle of [...this.#host.handles.values(), ...this.#host.dirs.values()])
        await closeQuietly(handle);
      rmSync(place.backing, { recursive: true, force: true });
    }
  }

  #isBare(slot: number): boolean {
    return typeof this.#host.handles.get(slot) === 'number';
  }

  #next(random: Random): Step[] {
    const bare = new Set([...this.#world.open.keys()].filter((slot) => this.#isBare(slot)));
    const { ends, alone, often, place } = this.#setting;
    const means = { ends, alone, often, holds: place.stalls !== undefined, bare, root: place.root };
    return chooseSteps(random, this.#world, means, 1 + this.#steps);
  }

  async #perform(steps: readonly Step[]): Promise<void> {
    const { place } = this.#setting;
    const ending = steps[0]?.ending;
    const results = ending === undefined ? await this.#plainly(steps) : await this.#ended(steps, ending);
    const done: Done[] = steps.map((step, i) => ({ step, result: results[i] as Result }));
    this.#log.push(...results.map((result) => `   ${describeResult(result)}`));
    for (const [buffer, then] of this.#host.settled.splice(0))
      if (!buffer.equals(then)) throw new Error('a buffer has changed after its call had settled');
    const open = [...this.#host.handles].map(([slot, handle]) => [slot, fdOf(handle)] as const);
    const actual = readActual(place.backing, new Map(open));
    if (this.#setting.ends) this.#world.actual = actual;
    const verdict = judge(this.#world, done, actual, place.stalls !== undefined);
    if ('wrong' in verdict) throw new Error(verdict.wrong);
    this.#world = verdict.world;
  }

  #plainly(steps: readonly Step[]): Promise<Result[]> {
    const calls = steps.map((step) => settled(start(this.#host, step, {})));
    return within(Promise.all(calls), 'the calls settle', NEVER);
  }

  async #ended(steps: readonly Step[], ending: Ending): Promise<Result[]> {
    const { stalls, root } = this.#setting.place;
    const { way, hold } = ending;
    if (hold !== undefined && stalls !== undefined) {
      const path = `${stalls.path}/`;
      const filter = hold.op === undefined ? { path } : { path, op: hold.op };
      if (hold.how === 'deaf') await stalls.fs.deaf();
      else if (hold.how === 'effect') await stalls.fs.effect(filter);
      else await stalls.fs.hold(hold.how, filter);
      // A close is never ended, and the reads of an iteration take no signal.
      const fn = steps[0]?.fn ?? '';
      if (fn.endsWith('Stream')) await stalls.fs.pass({ path, op: 'flush' });
      if (fn === 'list') await stalls.fs.pass({ path, op: 'readdir' });
    }
    const controller = new AbortController();
    if (way === 'aborted') controller.abort();
    const limits =
      way === 'signal' || way === 'aborted'
        ? { signal: controller.signal }
        : way === 'timeout'
          ? { timeout: ending.ms }
          : {};
    let over = false;
    let scope: Promise<unknown> = Promise.resolve();
    const begin = (): Promise<Result[]> =>
      Promise.all(steps.map((step) => settled(start(this.#host, step, limits))));
    let calls: Promise<Result[]> | undefined;
    if (way === 'scope')
      scope = runInterruptible({ signal: controller.signal }, async () => {
        calls = begin();
        await calls;
      }).catch(ignore);
    calls ??= begin();
    const settling = calls.then((results) => {
      over = true;
      return results;
    });
    const ops = listPending({ under: root });
    if (hold !== undefined && stalls !== undefined)
      while (!over && !(await isHeld(stalls.fs, hold.how))) await turn();
    for (let i = 0; i < ending.microtasks; i++) await null;
    for (let i = 0; i < ending.turns; i++) await turn();
    spin(ending.spins);
    let reports: { outcome: string }[] | undefined;
    if (way === 'signal' || way === 'scope') controller.abort();
    // If one system call cannot resolve a path, realpath() goes on as an op of several parts.
    else if (way === 'interrupt')
      reports = await interrupt(
        steps[0]?.fn === 'realpath' ? listPending({ under: root, kind: OpKind.Top }) : ops,
      );
    else if (way === 'under') await interruptUnder(root);
    else if (way === 'killed') this.#hasKilled = killTasks(root) || this.#hasKilled;
    else if (way === 'handle') await interrupt(this.#opsOfHandle(steps[0]?.slot));
    // Nobody has interrupted the op: a call that is made again after the kill waits as the first one did.
    if (way === 'killed') await this.#free();
    const results = await within(settling, `the calls settle after ${way}`, NEVER);
    await within(scope, 'the scope is over', NEVER);
    if (hold !== undefined) await this.#free();
    for (const result of results)
      if ('outcome' in result && result.outcome === 'abandoned' && result.error instanceof InterruptError)
        await within(result.error.op.released, 'the abandoned call is released', NEVER);
    await quiet(root);
    if (reports?.length === 1 && steps.length === 1)
      checkReport(steps[0] as Step, results[0] as Result, reports[0]);
    return results;
  }

  /** Has the file system answer everything. */
  async #free(): Promise<void> {
    const { stalls } = this.#setting.place;
    await stalls?.fs.normal();
    await stalls?.fs.release();
  }

  #opsOfHandle(slot = 0): PendingOp[] {
    const handle = this.#host.handles.get(slot);
    return typeof handle === 'number'
      ? listPending({ under: this.#host.root })
      : (handle as FileHandle).listPending();
  }
}

async function isHeld(fs: StallFs, how: string): Promise<boolean> {
  return how === 'deaf' ? fs.waiting() > 0 : (await fs.held()).length > 0;
}

/** Kills the tasks that carry out calls below `root`, as another process would. Returns whether there were any. */
function killTasks(root: string): boolean {
  const running = listPending({ under: root }).filter(({ state }) => state === 'running');
  const tasks = running.map(({ threadId }) => threadId).filter(isTask);
  for (const task of tasks) signal(task, 'SIGKILL');
  return tasks.length > 0;
}

function isTask(id: number): boolean {
  try {
    return readFileSync(`/proc/${id}/status`, 'latin1').startsWith('Name:\tpendingop-call\n');
  } catch {
    return false; // it has ended
  }
}

/** Functions of several calls: the report on the call that was interrupted differs from the outcome of the whole. */
const made = /^(list|readdir|rm|cp|writeChunks|dirRest|walk|statMany)$/;

function checkReport(step: Step, result: Result, report: { outcome: string } | undefined): void {
  const outcome = 'outcome' in result ? result.outcome : 'completed';
  const hasNoError = step.fn === 'exists' && step.face === 'callback';
  if (!made.test(step.fn) && !hasNoError && report?.outcome !== outcome)
    throw new Error(
      `${describe(step)}: interrupt() reports ${report?.outcome}, and its call came to ${outcome}`,
    );
}

function settled(call: Promise<unknown>): Promise<Result> {
  return call.then(
    (value) => ({ value }),
    (error: NodeJS.ErrnoException) => {
      if (error instanceof InterruptError) {
        const { outcome, mayHaveTakenEffect, bytesDone } = error;
        return { outcome, mayHaveTakenEffect, bytesDone, error };
      }
      // Node's own error: the stream was ended between two calls.
      if (error.code === 'ABORT_ERR')
        return { outcome: 'interrupted', mayHaveTakenEffect: true, bytesDone: 0, error };
      return { errno: error.code ?? String(error.stack), error };
    },
  );
}

/** Waits until the kernel has released all calls below `root`. */
async function quiet(root: string): Promise<void> {
  if (listPending({ under: root }).length === 0) return;
  const what = (): string => `the kernel lets go of ${listPending({ under: root }).join(', ')}`;
  await until(() => listPending({ under: root }).length === 0, 'the kernel lets go', NEVER).catch(() => {
    throw new Error(`after ${NEVER} ms still not: ${what()}`);
  });
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function spin(rounds: number): void {
  let x = 1;
  for (let i = 0; i < rounds; i++) x = imul(x, 1664525) + 1;
  if (x === 0) throw new Error('never'); // uses the result, so that the loop is not optimized away
}

async function closeQuietly(handle: Handle | Dir): Promise<void> {
  if (typeof handle === 'number') closeSync(handle);
  else await (handle as FileHandle | Dir).close().catch(ignore);
}
