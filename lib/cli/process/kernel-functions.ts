// What the kernel's functions that a thread is in tell, where its call may not be read.
import type { MountEntry, MountList } from './mount-list';
import { kernelStack, type Thread } from './threads';

/** The functions of the kernel in which calls on these file systems wait. */
const KERNEL_FUNCTIONS: [functions: RegExp, types: RegExp][] = [
  [/^(nfs|nfs3|nfs4|rpc|rpcb|_nfs4|__rpc)_/, /^nfs4?$/],
  [/^(cifs|smb2|smb3|SMB2|compound_send_recv|wait_for_response|cifs_)/, /^(cifs|smb3)$/],
  [/^(fuse_|request_wait_answer|__fuse_)/, /^fuse/],
  [/^(p9_|v9fs_)/, /^9p$/],
  [/^ceph_/, /^ceph$/],
  [/^(autofs4?_)/, /^autofs$/],
];

/** Returns the mount that the thread waits for, if there is but one of that type. */
export function guessMount({ tid, wchan }: Thread, mounts: MountList): MountEntry | undefined {
  for (const name of [wchan, ...kernelStack(tid)]) {
    const types = KERNEL_FUNCTIONS.find(([functions]) => functions.test(name))?.[1];
    if (types === undefined) continue;
    const candidates = mounts.ofType(types);
    if (candidates.length === 1) return candidates[0];
  }
  return undefined;
}

/** Returns whether the thread is in a function of a file system, or in a wait for the other end of a FIFO or a pipe. */
export const waitsInKernel = ({ tid, wchan }: Thread): boolean =>
  [wchan, ...kernelStack(tid)].some(
    (name) =>
      /^(wait_for_partner|pipe_|anon_pipe_)/.test(name) ||
      KERNEL_FUNCTIONS.some(([known]) => known.test(name)),
  );
