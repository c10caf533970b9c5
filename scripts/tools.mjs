// What the scripts share: running programs, hashing sources, and reporting progress. It uses Node's own modules only,
// because scripts run before anything is installed.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { delimiter, dirname, join, posix } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const ci = process.env.CI === 'true';
export const jobs = String(Math.max(1, cpus().length));

/** A failure without a stack trace: its message says everything that a person needs. */
export class Failure extends Error {}

/** Runs a script's main function. A Failure becomes one line and exit code 1. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    process.exitCode = 1;
  }
}

/** Returns whether a script was started itself, not imported by another one. @param {string} url its import.meta.url */
export const isProgram = (url) =>
  process.argv[1] !== undefined && url === pathToFileURL(process.argv[1]).href;

/** Returns the path of a program on the PATH, or undefined. */
export function which(name) {
  if (name.includes('/')) return existsSync(name) ? name : undefined;
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/** Returns the standard output of a program; undefined if it fails or does not exist. */
export function output(command, args) {
  try {
    return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

/**
 * Runs a program to its end and returns its exit code; -1 if it was still running after `limit` ms and was killed with
 * its whole process group, after `onLimit()`. With `quiet` its output is kept, and shown only if it fails; with `collect`
 * it is returned.
 */
export function run(
  command,
  args,
  { env, quiet = false, collect = false, limit = 0, onLimit, cwd = root } = {},
) {
  return new Promise((resolve, reject) => {
    const piped = quiet || collect;
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', piped ? 'pipe' : 'inherit', piped ? 'pipe' : 'inherit'],
      // A process group of its own only if it may have to be killed: Ctrl-C would not reach it.
      detached: limit > 0,
    });
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    let late = false;
    const kill = () => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {}
    };
    const expire = () => {
      late = true;
      onLimit?.();
      kill();
    };
    const timer = limit > 0 ? setTimeout(expire, limit) : undefined;
    const stop = (signal) => {
      kill();
      process.exit(signal === 'SIGINT' ? 130 : 143);
    };
    if (limit > 0) for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
    child.on('error', (error) =>
      reject(error.code === 'ENOENT' ? new Failure(`cannot run ${command}: not found`) : error),
    );
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (limit > 0) for (const name of ['SIGINT', 'SIGTERM']) process.off(name, stop);
      const text = Buffer.concat(chunks).toString();
      const result = late ? -1 : (code ?? 1);
      if (signal !== null && !late) console.error(`${command} was ended by ${signal}`);
      if (quiet && result !== 0) process.stderr.write(text);
      resolve({ code: result, text });
    });
  });
}

/** Like run(), but a failure ends the script. */
export async function mustRun(what, command, args, options) {
  const { code, text } = await run(command, args, options);
  if (code !== 0) throw new Failure(`${what} failed (exit code ${code})`);
  return text;
}

/** Prints one line for a step, with the time that it took. On stderr, because `npm pack` has its result on stdout. */
export async function step(name, body) {
  const start = performance.now();
  const result = await body();
  console.error(`> ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  return result;
}

/** Returns all files below the given files and folders that have one of the endings, sorted. */
export function filesIn(paths, endings) {
  const found = [];
  const visit = (path) => {
    const absolute = join(root, path);
    let entries;
    try {
      entries = readdirSync(absolute, { withFileTypes: true });
    } catch (error) {
      if (error.code === 'ENOTDIR') found.push(path);
      return;
    }
    for (const entry of entries) {
      const inside = posix.join(path, entry.name);
      if (entry.isDirectory()) visit(inside);
      else if (endings.some((ending) => entry.name.endsWith(ending))) found.push(inside);
    }
  };
  for (const path of paths) visit(path);
  return found.sort();
}

/** Returns a digest of the files' names and contents, and of `more`. */
export function digest(files, ...more) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  for (const item of more) hash.update(String(item)).update('\0');
  return hash.digest('hex');
}

/** Runs `body`, unless it succeeded before with the same digest and its `outputs` are still there. */
export async function unlessFresh(stamp, sum, outputs, body) {
  const file = join(root, stamp);
  const fresh =
    outputs.every((path) => existsSync(join(root, path))) &&
    existsSync(file) &&
    readFileSync(file, 'utf8') === sum;
  if (fresh) return false;
  await body();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, sum);
  return true;
}
