// What the tests of the command line share: the command itself, and programs that hang.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';
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

/** The environment without what changes how things look. */
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

/** As `ps <pid> --json` has them. */
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

/** The process, once it is as expected. */
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
  // Each look is a process of its own; a thread counts once it has waited for 100 ms.
  for (let attempt = 0; attempt < 60; attempt++) if (await look()) return last as SeenProcess;
  throw new Error(`never as expected: ${JSON.stringify(last, null, 1)}`);
}

/** A program that says `ready` once it has begun. */
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

export function killAllAfterwards(): void {
  afterEach(() => Child.killAll());
}

export { until };
