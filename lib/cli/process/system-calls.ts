// What the calls of threads tell: which of their arguments name files, and in which of them a thread waits for work.

/** Which arguments of a system call are descriptors and paths, by their index. */
export interface Operands {
  /** A descriptor that the call works on. */
  readonly fd?: number;
  /** A path, and the descriptor of the folder that it is relative to. */
  readonly path?: number;
  readonly folder?: number;
  /** A second path: of a rename, a link or a copy. */
  readonly dest?: number;
  readonly destFolder?: number;
}

const FD: Operands = { fd: 0 };
const PATH: Operands = { path: 0 };
const AT: Operands = { folder: 0, path: 1 };

const OPERANDS = new Map<string, Operands>();
const have = (operands: Operands, names: string): void => {
  for (const name of names.split(' ')) OPERANDS.set(name, operands);
};
have(
  FD,
  'read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 close fstat fstatfs fsync fdatasync',
);
have(
  FD,
  'sync_file_range syncfs ftruncate fallocate fchmod fchown fchdir flock fcntl ioctl getdents getdents64 lseek',
);
have(
  FD,
  'fadvise64 readahead fgetxattr fsetxattr flistxattr fremovexattr copy_file_range splice tee vmsplice recvfrom',
);
have(FD, 'sendto recvmsg sendmsg accept accept4 connect');
have({ fd: 1 }, 'sendfile');
have({ fd: 4 }, 'mmap');
have(
  PATH,
  'open creat stat lstat access chdir chroot chmod chown lchown mkdir rmdir unlink readlink truncate statfs',
);
have(
  PATH,
  'utime utimes getxattr lgetxattr setxattr lsetxattr listxattr llistxattr removexattr lremovexattr execve',
);
have(PATH, 'umount2 mknod swapon swapoff acct uselib');
have(
  AT,
  'openat openat2 newfstatat statx faccessat faccessat2 mkdirat mknodat unlinkat readlinkat fchmodat fchmodat2',
);
have(AT, 'fchownat utimensat futimesat name_to_handle_at execveat open_tree');
have({ path: 1 }, 'symlink mount inotify_add_watch');
have({ folder: 1, path: 2 }, 'symlinkat');
have({ path: 0, dest: 1 }, 'rename link');
have({ folder: 0, path: 1, destFolder: 2, dest: 3 }, 'renameat renameat2 linkat');

/** Returns undefined if the arguments of the call name no file. */
export const operandsOf = (call: string): Operands | undefined => OPERANDS.get(call);

/** Calls in which a thread waits for work. They tell nothing about a file system. */
const IDLE = new Set(
  `epoll_wait epoll_pwait epoll_pwait2 poll ppoll select pselect6 futex futex_wait futex_waitv nanosleep clock_nanosleep
  rt_sigtimedwait rt_sigsuspend pause wait4 waitid io_uring_enter io_getevents accept accept4 recvfrom recvmsg recvmmsg
  msgrcv mq_timedreceive semtimedop restart_syscall sched_yield`.split(/\s+/),
);

export const isIdleCall = (call: string): boolean => IDLE.has(call);

/** Calls on the memory of the process. V8's threads make them now and then, and those of Node's pool hardly ever. */
const OF_MEMORY = new Set('mmap munmap mremap mprotect pkey_mprotect madvise brk membarrier'.split(' '));

/** Whether a thread of this call may be one of Node's pool that is at work. */
export const isWork = (call: string): boolean => !isIdleCall(call) && !OF_MEMORY.has(call);
