// Processes, as child_process.spawn() starts them, also while files of a stalled mount are open in this one.
//
// In a child of fork() the kernel closes every descriptor that the new program is not to have. One of a file on a mount
// that does not answer is never closed, and spawn() waits for that, with the event loop. Where this process has any file
// of a remote mount open, or so many that it does not look at all of them, a task starts the child, whose descriptor table is empty.
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { native } from '../engine/addon';
import { besideAddon } from '../engine/find-addon';
import { settings } from '../engine/settings';
import { OwnTableProcess, type SpawnOptions } from './own-table';

export type { SpawnOptions } from './own-table';

/** What the package uses of Node's ChildProcess. */
export interface StartedProcess {
  /** Undefined before it runs, and where it cannot. */
  readonly pid?: number | undefined;
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** Undefined where there were no descriptors for it. */
  readonly stdio: ReadonlyArray<unknown> | undefined;
  once(event: 'error', listener: (error: Error) => void): unknown;
  once(event: 'exit', listener: (code: number | null, signal: NodeJS.Signals | null) => void): unknown;
  kill(signal: NodeJS.Signals): unknown;
  /** Whether the event loop waits for it. */
  ref(): void;
  unref(): void;
}

/** The last one of `stdio` must be 'pipe', and the process must have it open until it ends. */
export function start(file: string, args: readonly string[], options: SpawnOptions): StartedProcess {
  const launcher = needsOwnTable() ? besideAddon('pendingop-launcher') : undefined;
  if (launcher !== undefined) return new OwnTableProcess(launcher, file, args, options);
  return spawn(file, args, { ...options, stdio: [...options.stdio], windowsHide: true });
}

function needsOwnTable(): boolean {
  if (process.platform !== 'linux' || settings.killable === 'never' || !mayHaveChildren()) return false;
  return native.counts().killable && native.holdsRemoteFile();
}

/** Node's own function refuses, where Node's permission model does. */
function mayHaveChildren(): boolean {
  const { permission } = process as { permission?: { has?(scope: string): boolean } };
  return permission?.has === undefined || permission.has('child');
}
