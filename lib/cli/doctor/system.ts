// Doctor: the kernel, its limits, and the container.
import { numbersIn, readText } from '../process/read';
import type { Finding } from './checks';

/** Returns a soft limit of this process by its name in /proc/self/limits; Infinity for `unlimited`. */
function limit(name: string): number | undefined {
  const line = (readText('/proc/self/limits') ?? '').split('\n').find((text) => text.startsWith(name));
  const word = line?.slice(name.length).trim().split(/\s+/)[0];
  return word === undefined ? undefined : word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word);
}

/** Returns the lowest pids.max of the cgroups that this process is in, and the number of pids that are taken there. */
function pidsLimit(): { max: number; current: number } | undefined {
  for (const line of (readText('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers = '', path = ''] = line.split(':');
    const base =
      controllers === ''
        ? '/sys/fs/cgroup'
        : controllers.split(',').includes('pids')
          ? '/sys/fs/cgroup/pids'
          : undefined;
    if (base === undefined) continue;
    for (const folder of [`${base}${path === '/' ? '' : path}`, base]) {
      const max = Number(readText(`${folder}/pids.max`));
      const current = Number(readText(`${folder}/pids.current`));
      if (Number.isInteger(max) && max > 0) return { max, current };
    }
  }
  return undefined;
}

/** Fewer than these leave too few for a stalled mount, besides those that the program itself needs. */
const FEW_PIDS = 200;
const FEW_DESCRIPTORS = 1024;
/** A process 1 that does reap its children may have a few zombies at the moment. */
const MANY_ZOMBIES = 10;

function limitFindings(): Finding[] {
  const findings: Finding[] = [];
  const files = limit('Max open files');
  if (files !== undefined)
    findings.push({
      verdict: files < FEW_DESCRIPTORS ? 'note' : 'ok',
      what: 'descriptors',
      text: `at most ${files}`,
    });
  const processes = limit('Max processes');
  const pids = pidsLimit();
  const most = Math.min(processes ?? Number.POSITIVE_INFINITY, pids?.max ?? Number.POSITIVE_INFINITY);
  const where = pids !== undefined && most === pids.max ? ` (cgroup, ${pids.current} taken)` : '';
  const few = most < FEW_PIDS;
  findings.push({
    verdict: few ? 'note' : 'ok',
    what: 'threads',
    text: `at most ${most === Number.POSITIVE_INFINITY ? 'what the kernel has' : most}${where}`,
    ...(few && {
      advice: 'Calls that hang on a mount each take one: configure({ maxThreads, maxStuckPerMount }).',
    }),
  });
  return findings;
}

/** Returns the number of zombies that process 1 has not reaped. */
function zombiesOfInit(): number {
  return numbersIn('/proc').filter((pid) => {
    const text = readText(`/proc/${pid}/stat`) ?? '';
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' && parent === '1';
  }).length;
}

function pidOneFinding(): Finding[] {
  const inNamespace = (/^NSpid:\s+(.*)$/m.exec(readText('/proc/self/status') ?? '')?.[1] ?? '').split(/\s+/);
  const comm = (readText('/proc/1/comm') ?? '').trim();
  const isNode = /^(node|MainThread|npm)/.test(comm);
  const zombies = zombiesOfInit();
  const left = zombies === 0 ? '' : `, and ${zombies} of its processes have ended that it has not waited for`;
  if (inNamespace.at(-1) !== '1' && !isNode && zombies < MANY_ZOMBIES)
    return [{ verdict: 'ok', what: 'pid 1', text: comm === '' ? 'unknown: /proc is not mounted?' : comm }];
  const what =
    inNamespace.at(-1) === '1' || isNode ? ': a program that is no init runs as process 1 here' : '';
  return [
    {
      verdict: 'note',
      what: 'pid 1',
      text: `${comm}${what}${left}`,
      advice:
        'Start the container with an init (docker run --init). Without one, what a program leaves that SIGKILL has ended, its tasks included, stays as zombies until the container ends.',
    },
  ];
}

function traceFinding(): Finding {
  const scope = (readText('/proc/sys/kernel/yama/ptrace_scope') ?? '0').trim();
  const root = process.geteuid?.() === 0;
  if (root || scope === '0')
    return {
      verdict: 'ok',
      what: 'looking',
      text: `\`pendingop ps\` may look at ${root ? 'every process' : 'your processes'}`,
    };
  return {
    verdict: 'note',
    what: 'looking',
    text: `kernel.yama.ptrace_scope is ${scope}: which calls threads of other processes are in is for root`,
    advice: 'sudo npx pendingop ps <pid>, or start programs with PENDINGOP_CONTROL=1.',
  };
}

/** Kernel features, by the version that brought them. */
function kernelFinding(): Finding {
  const [major = 0, minor = 0] = (readText('/proc/sys/kernel/osrelease') ?? '').split('.').map(Number);
  const has = (wantedMajor: number, wantedMinor: number): boolean =>
    major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  const lacks = [
    has(5, 3) ? '' : 'pidfd_open (5.3)',
    has(5, 9) ? '' : 'close_range (5.9)',
    has(5, 12) ? '' : 'RESOLVE_CACHED (5.12)',
    readText('/proc/self/mountinfo') === undefined ? '/proc/self/mountinfo' : '',
    readText('/proc/self/sched') === undefined ? '/proc/<pid>/sched, for how long a thread has waited' : '',
  ].filter(Boolean);
  if (lacks.length === 0)
    return { verdict: 'ok', what: 'kernel', text: `${major}.${minor}: has all that is used` };
  return { verdict: 'note', what: 'kernel', text: `${major}.${minor} lacks ${lacks.join(', ')}` };
}

/** Whether a filter of system calls is on: a container's, or systemd's. */
function seccompFinding(): Finding {
  const status = readText('/proc/self/status') ?? '';
  const mode = /^Seccomp:\s*(\d)/m.exec(status)?.[1];
  const filters = /^Seccomp_filters:\s*(\d+)/m.exec(status)?.[1];
  if (mode === undefined || mode === '0') return { verdict: 'ok', what: 'seccomp', text: 'no filter' };
  const count = filters === undefined || filters === '1' ? 'a filter is' : `${filters} filters are`;
  return {
    verdict: 'ok',
    what: 'seccomp',
    text: `${count} on; what it refuses of what the package needs is told above, at tasks and calls`,
  };
}

export function systemFindings(): Finding[] {
  if (process.platform !== 'linux')
    return [
      {
        verdict: 'note',
        what: 'system',
        text: `${process.platform}: mounts and other processes are not looked at`,
      },
    ];
  return [kernelFinding(), seccompFinding(), ...limitFindings(), ...pidOneFinding(), traceFinding()];
}
