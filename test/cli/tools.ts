// Fixtures for the command line: the command itself, and programs that hang.
import { readdirSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import type { ControlAnswer } from '../../lib/cli/control/client';
import { withFolder } from '../fixtures/folder';
import { until } from '../fixtures/leaks';
import { Child, type StartOptions } from '../fixtures/processes';

export const main = join(__dirname, '../../dist/cli/main.js');
export const program = (name: string): string => join(__dirname, 'programs', name);

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `pendingop` to its end, without a terminal. */
export async function pendingop(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const child = Child.start(process.execPath, [main, ...args], { env: { ...clean(), ...env } });
  const { code } = await child.wait(60_000);
  return { code, stdout: child.stdout, stderr: child.stderr };
}

/** What commands say of a process that does not exist, or has ended. */
export const noProcess = (pid: number): string =>
  `pendingop: There is no process ${pid}, or it has ended: \`pendingop ps\` lists those of Node's\n`;

/** Returns the environment without the variables that change the output. */
export function clean(): NodeJS.ProcessEnv {
  const { COLUMNS, NO_COLOR, FORCE_COLOR, NODE_OPTIONS, PENDINGOP_CONTROL, XDG_RUNTIME_DIR, ...rest } =
    process.env;
  return { ...rest, LC_ALL: 'C.UTF-8' };
}

export async function json<T>(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<T> {
  const { stdout, stderr } = await pendingop([...args, '--json'], env);
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout) as T;
}

/** What `ps <pid> --json` prints. */
export interface SeenProcess {
  pid: number;
  node: boolean;
  state: string;
  control: boolean;
  verdicts: {
    place: string;
    threads: number;
    poolThreads: number;
    ms: number;
    text: string;
    advice: string[];
  }[];
  waits: {
    thread: number;
    role: string;
    call: string;
    file: string;
    mount: string;
    type: string;
    ms: number;
    atLeast: boolean;
  }[];
  threads: { thread: number; role: string; call: string | null }[];
  ops:
    | { op: string; fn: string; state: string; call: string; path: string; thread: number; mount: string }[]
    | null;
}

/** Looks at a process until `expected` is true of it. */
export async function seen(
  pid: number,
  expected: (process: SeenProcess) => boolean,
  env?: NodeJS.ProcessEnv,
): Promise<SeenProcess> {
  let last: SeenProcess | undefined;
  const look = async (): Promise<boolean> => {
    last = await json<SeenProcess>(['ps', String(pid)], env);
    return expected(last);
  };
  // Each look starts a process. It counts a thread that has waited for 100 ms.
  for (let attempt = 0; attempt < 60; attempt++) if (await look()) return last as SeenProcess;
  throw new Error(`never as expected: ${JSON.stringify(last, null, 1)}`);
}

/** Starts a program and waits until it prints `ready`. */
export async function start(
  script: string,
  args: readonly string[],
  options: StartOptions = {},
  node: readonly string[] = [],
): Promise<Child> {
  const child = Child.start(process.execPath, [...node, program(script), ...args], {
    ...options,
    env: { ...clean(), ...options.env },
  });
  await child.says('ready');
  return child;
}

/** Returns the path of the control socket of a process of this pid namespace. */
export function socketFile(runtime: string, pid: number): string {
  const folder = join(runtime, 'pendingop');
  const name = readdirSync(folder).find((one) => one.startsWith(`${pid}.`) && one.endsWith('.sock'));
  return join(folder, name ?? `${pid}.sock`);
}

/** A folder for control sockets, and the environment of programs that have theirs there. */
export interface RuntimeFolder {
  folder: string;
  env: NodeJS.ProcessEnv;
  socketOf: (pid: number) => string;
}

/** Makes a RuntimeFolder for each test and removes it at the end. */
export function withRuntimeFolder(): RuntimeFolder {
  const folder = withFolder('runtime');
  const runtime: RuntimeFolder = {
    folder: '',
    env: {},
    socketOf: (pid) => socketFile(runtime.folder, pid),
  };
  beforeEach(() => {
    runtime.folder = folder();
    runtime.env = { XDG_RUNTIME_DIR: runtime.folder, PENDINGOP_CONTROL: '1' };
  });
  return runtime;
}

/** Sends `text` to a control socket, unchanged. Resolves to the first `count` lines of the answer. */
export function raw(path: string, text: string, count: number): Promise<Record<string, unknown>[]> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = createConnection(path, () => socket.write(text));
    socket.setEncoding('utf8').on('data', (piece: string) => {
      heard += piece;
      const lines = heard.split('\n');
      if (lines.length <= count) return;
      socket.destroy();
      resolve(lines.slice(0, count).map((line) => JSON.parse(line)));
    });
    socket.on('error', reject).on('close', () => reject(new Error(`closed after: ${heard}`)));
  });
}

/** Asks one thing over a control socket. */
export async function ask(path: string, request: Record<string, unknown>): Promise<ControlAnswer> {
  const [answer] = await raw(path, `${JSON.stringify({ v: 1, ...request })}\n`, 1);
  return answer as unknown as ControlAnswer;
}

export function killAllAfterwards(): void {
  afterEach(() => Child.killAll());
}

export { until };
