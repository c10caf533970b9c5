// Starts processes as child_process.spawn() does, but also works while this process has files of a stalled mount open.
//
// In a child of fork() the kernel closes every descriptor that the new program does not get. Closing a file on a
// stalled mount never returns, and spawn() waits for that, with the event loop. So if this process has a file of a
// remote mount open, or so many files that not all of them are checked, a task with an empty descriptor table starts
// the child.
import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { native } from '../engine/addon';
import { launcherPath } from '../engine/find-addon';
import { settings } from '../engine/settings';
import { OwnTableProcess, type SpawnOptions } from './own-table';

export type { SpawnOptions } from './own-table';

/** The part of Node's ChildProcess that this package uses. */
export interface StartedProcess {
  /** Undefined before the process runs, and if it could not be started. */
  readonly pid?: number | undefined;
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** Undefined if there were no descriptors for it. */
  readonly stdio: ReadonlyArray<unknown> | undefined;
  once(event: 'error', listener: (error: Error) => void): unknown;
  once(event: 'exit', listener: (code: number | null, signal: NodeJS.Signals | null) => void): unknown;
  kill(signal: NodeJS.Signals): unknown;
  /** Sets whether the process keeps the event loop alive. */
  ref(): void;
  unref(): void;
}

/** The last one of `stdio` must be 'pipe', and the process must keep it open until it ends. */
export function start(file: string, args: readonly string[], options: SpawnOptions): StartedProcess {
  const launcher = needsOwnTable() ? launcherPath() : undefined;
  if (launcher !== undefined) return new OwnTableProcess(launcher, file, args, options);
  return spawn(file, args, { ...options, stdio: [...options.stdio], windowsHide: true });
}

function needsOwnTable(): boolean {
  if (process.platform !== 'linux' || settings.killable === 'never' || !mayHaveChildren()) return false;
  return native.counts().killable && native.holdsRemoteFile();
}

/** If Node's permission model forbids child processes, Node's own function is called, which throws. */
function mayHaveChildren(): boolean {
  const { permission } = process as { permission?: { has?(scope: string): boolean } };
  return permission?.has === undefined || permission.has('child');
}
