// The ids that processes and threads have in the pid namespaces they are in.
import { readText } from './read';

/**
 * Returns the ids of a process or of one of its threads, by its `status`: that in the namespace of /proc first, that in
 * its own namespace last. Undefined: it has ended.
 */
export function idsInside(process: number | 'self', thread?: number): number[] | undefined {
  const folder = thread === undefined ? `/proc/${process}` : `/proc/${process}/task/${thread}`;
  const ids = /^NSpid:\s*(.*)$/m.exec(readText(`${folder}/status`) ?? '')?.[1];
  return ids?.trim().split(/\s+/).map(Number);
}

/** Returns the process that a process or a thread belongs to; undefined: there is none. */
export function processOf(id: number): number | undefined {
  const pid = /^Tgid:\s*(\d+)/m.exec(readText(`/proc/${id}/status`) ?? '')?.[1];
  return pid === undefined ? undefined : Number(pid);
}
