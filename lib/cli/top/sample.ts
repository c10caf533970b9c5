// What `top` shows: the stats of one or several processes at a moment, and the rates between two such moments.
import type { FunctionStats, Stats } from '../../table/stats';
import { type ControlAnswer, ControlClient, type ControlMount, type ControlOp } from '../control/client';
import { isHalted } from '../process/condition';
import type { Wait } from '../process/find';
import { lookAt } from '../process/look';
import { interesting } from '../process/view';

/** The part of stats() that the control socket reports. */
export type ControlStats = Pick<
  Stats,
  'workers' | 'idle' | 'queued' | 'oldestQueuedMs' | 'stuck' | 'abandoned' | 'functions'
>;

export interface ProcessSample {
  readonly pid: number;
  readonly name: string;
  /** Whether it stands still. */
  readonly halted: boolean;
  /** Whether the calls of its threads may not be read. */
  readonly refused: boolean;
  /** The time by performance.now(). */
  readonly at: number;
  readonly stats: ControlStats | undefined;
  readonly ops: readonly ControlOp[];
  readonly mounts: readonly ControlMount[];
  readonly waits: readonly Wait[];
}

/** The connections stay open between two samples. */
export class Sampler {
  readonly #only: number | undefined;
  readonly #clients = new Map<number, ControlClient>();

  constructor(only: number | undefined) {
    this.#only = only;
  }

  async sample(): Promise<ProcessSample[]> {
    const pids = this.#only === undefined ? interesting() : [this.#only];
    return (await Promise.all(pids.map((pid) => this.#one(pid)))).flatMap((one) => one ?? []);
  }

  async interrupt(pid: number, op: string): Promise<ControlAnswer | undefined> {
    return (await this.#client(pid))?.ask('interrupt', { op });
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  async #client(pid: number): Promise<ControlClient | undefined> {
    const known = this.#clients.get(pid);
    if (known !== undefined) return known;
    const client = await ControlClient.connect(pid);
    if (client !== undefined) this.#clients.set(pid, client);
    return client;
  }

  async #one(pid: number): Promise<ProcessSample | undefined> {
    let answers: (ControlAnswer | undefined)[] = [];
    const look = await lookAt(pid, async () => {
      answers = await this.#ask(pid);
      return answers[1]?.ops;
    });
    if (look === undefined) {
      this.#forget(pid);
      return undefined;
    }
    const { view, asked } = look;
    return {
      pid,
      name: view.name,
      halted: isHalted(view.condition),
      refused: view.refused !== undefined,
      at: performance.now(),
      stats: answers[0]?.stats as ControlStats | undefined,
      ops: asked ?? [],
      mounts: answers[2]?.mounts ?? [],
      waits: view.waits,
    };
  }

  async #ask(pid: number): Promise<(ControlAnswer | undefined)[]> {
    try {
      const client = await this.#client(pid);
      return client === undefined
        ? []
        : await Promise.all(['stats', 'list', 'mounts'].map((what) => client.ask(what)));
    } catch {
      // It has ended, is stopped, or has dropped the connection. The next sample makes another one.
      this.#forget(pid);
      return [];
    }
  }

  #forget(pid: number): void {
    this.#clients.get(pid)?.close();
    this.#clients.delete(pid);
  }
}

export interface Rate {
  readonly fn: string;
  readonly perSecond: number;
  readonly failedPerSecond: number;
  /** The number of calls that were ended before they were done: cancelled, interrupted, killed, abandoned. */
  readonly ended: number;
  /** Means over the time between the samples, in ms; undefined: no call ended. */
  readonly queueMs: number | undefined;
  readonly runMs: number | undefined;
}

const doneOf = (totals: FunctionStats): number =>
  totals.completed + totals.failed + totals.cancelled + totals.interrupted + totals.killed + totals.abandoned;

/** Returns the rates by function, of all processes together. Without earlier samples: since the processes started. */
export function ratesOf(now: readonly ProcessSample[], before: readonly ProcessSample[]): Rate[] {
  const sums = new Map<
    string,
    { done: number; failed: number; ended: number; queue: number; run: number; seconds: number }
  >();
  for (const sample of now) {
    const earlier = before.find(({ pid }) => pid === sample.pid);
    const seconds = earlier === undefined ? 1 : (sample.at - earlier.at) / 1000;
    for (const totals of sample.stats?.functions ?? []) {
      const old = earlier?.stats?.functions.find(({ fn }) => fn === totals.fn);
      const sum = sums.get(totals.fn) ?? { done: 0, failed: 0, ended: 0, queue: 0, run: 0, seconds };
      const done = doneOf(totals) - (old === undefined ? 0 : doneOf(old));
      const failed = totals.failed - (old?.failed ?? 0);
      sum.done += done;
      sum.failed += failed;
      sum.ended += doneOf(totals) - totals.completed - totals.failed;
      sum.queue += totals.queuedMs - (old?.queuedMs ?? 0);
      sum.run += totals.runningMs - (old?.runningMs ?? 0);
      sums.set(totals.fn, sum);
    }
  }
  const rates = [...sums].map(
    ([fn, { done, failed, ended, queue, run, seconds }]): Rate => ({
      fn,
      perSecond: before.length === 0 ? 0 : done / seconds,
      failedPerSecond: before.length === 0 ? 0 : failed / seconds,
      ended,
      queueMs: done === 0 ? undefined : queue / done,
      runMs: done === 0 ? undefined : run / done,
    }),
  );
  return rates.sort((a, b) => b.perSecond - a.perSecond || a.fn.localeCompare(b.fn));
}
