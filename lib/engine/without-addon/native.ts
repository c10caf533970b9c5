// The other side of the seam where there is no addon: what needs one is refused, the rest is Node's own.
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
  /** Of this thread. */
  #environment: NodeEnvironment | undefined;

  constructor(absence: NoAddonError) {
    this.absence = absence;
  }

  attach(memory: NativeMemory, onWake: () => void): NativeEnvironment {
    this.#warn();
    this.#environment = new NodeEnvironment(memory, onWake);
    return this.#environment;
  }

  /** With the first call, and once: threads that are made later know of it. */
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
  /** Node does it or not, as it likes. */
  setInline(): void {}
  setKillable(): void {
    this.#refuse('configure({ killable })');
  }

  /** There are none. */
  retireTasks(): number {
    return 0;
  }
  resumeTasks(): void {}

  /** No table of functions: pendingop_get() refuses it. */
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

  /** Processes are started as Node starts them. */
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

  /** A setting of the environment: the program starts all the same. */
  reportOn(): number {
    const { code, message } = this.absence.for('PENDINGOP_REPORT_SIGNAL');
    process.emitWarning(message, { type: 'PendingopWarning', code });
    return 0;
  }

  functionNumber(name: string): number {
    return functionNumber(name);
  }

  /** Of this thread alone: nothing is shared with others. */
  stats(): NativeStats {
    const now = this.#environment?.states() ?? {
      ...{ queued: 0, running: 0, interrupting: 0, abandoned: 0, oldestQueuedMs: 0 },
    };
    return { ...now, ...totals(), stuck: now.abandoned, lanes: [] };
  }
}
