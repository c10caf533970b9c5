// The implementation of the seam without an addon: throws for what needs one, and has Node do the rest.
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import type {
  Native,
  NativeCounts,
  NativeEnvironment,
  NativeLoop,
  NativeMemory,
  NativeMount,
  NativeStats,
} from '../addon';
import { Code } from '../codes';
import type { NoAddonError } from '../no-addon-error';
import { NodeEnvironment } from './environment';
import { STEPS } from './operations';
import { functionNumber, totals } from './tally';

const WARNED = 'pendingop: warned of the missing addon';

export class WithoutAddon implements Native {
  readonly codes: readonly string[] = Object.keys(Code);
  readonly calls: readonly string[] = [''];
  readonly steps: readonly string[] = STEPS;
  readonly isMainThread = isMainThread;
  readonly absence: NoAddonError;
  /** The environment of this thread. */
  #environment: NodeEnvironment | undefined;

  constructor(absence: NoAddonError) {
    this.absence = absence;
  }

  attach(memory: NativeMemory, onWake: () => void): NativeEnvironment {
    this.#warn();
    this.#environment = new NodeEnvironment(memory, onWake);
    return this.#environment;
  }

  /** Warns at the first call of the process. Threads that are started later know that it was done. */
  #warn(): void {
    if (getEnvironmentData(WARNED) === true) return;
    setEnvironmentData(WARNED, true);
    const { code, message } = this.absence;
    const effect =
      'Calls go to Node: they are listed, and signal, timeout and interrupt() free their callers, but end no call.';
    process.emitWarning(`${effect} ${message}`, { type: 'PendingopWarning', code });
  }

  start(): number {
    return 0;
  }

  #refuse(what: string): never {
    throw this.absence.for(what);
  }

  chooseSignal(): number {
    return this.#refuse('configure({ signal })');
  }
  setMaxThreads(): void {
    this.#refuse('configure({ maxThreads })');
  }
  setMaxStuckPerMount(): void {
    this.#refuse('configure({ maxStuckPerMount })');
  }
  /** No-op: Node decides itself how it carries out a call. */
  setInline(): void {}
  setKillable(): void {
    this.#refuse('configure({ killable })');
  }

  /** Without an addon there are no tasks. */
  retireTasks(): number {
    return 0;
  }
  resumeTasks(): void {}

  /** Without a table of functions pendingop_get() fails. */
  nativeApi(): object {
    return {};
  }
  drop(): void {}

  refreshMounts(): number {
    return 0;
  }
  mounts(): NativeMount[] {
    return [];
  }
  mountOf(): number {
    return -1;
  }
  health(): number {
    return 0;
  }
  watchMounts(): void {}

  counts(): NativeCounts {
    return { workers: 0, idle: 0, queued: 0, ops: 0, signal: 0, environments: 0, killable: false };
  }

  /** Commands are started by Node's own spawn(). */
  holdsRemoteFile(): boolean {
    return false;
  }
  socketPair(): number {
    return this.#refuse('a process of its own');
  }
  sendDescriptors(): number {
    return this.#refuse('a process of its own');
  }
  closeSocket(): void {}
  reapChild(): undefined {}

  openControl(): number {
    return this.#refuse('configure({ control })');
  }
  closeControl(): void {}
  controlPath(): string {
    return '';
  }
  watchControl(): void {}
  watchLoopOps(): NativeLoop {
    return {};
  }
  beginLoopOp(): number {
    return 0;
  }
  markLoopOp(): void {}
  endLoopOp(): void {}

  /** Warns instead of throwing: the setting comes from the environment, and the program must start. */
  reportOn(): number {
    const { code, message } = this.absence.for('PENDINGOP_REPORT_SIGNAL');
    process.emitWarning(message, { type: 'PendingopWarning', code });
    return 0;
  }

  functionNumber(name: string): number {
    return functionNumber(name);
  }

  /** Counts the calls of this thread only: threads share nothing without the addon. */
  stats(): NativeStats {
    const now = this.#environment?.states() ?? {
      ...{ queued: 0, running: 0, interrupting: 0, abandoned: 0, oldestQueuedMs: 0 },
    };
    return { ...now, ...totals(), stuck: now.abandoned, lanes: [] };
  }
}
