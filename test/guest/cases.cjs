// The calls and stalls that are tried in the guest, and how they have to end. docs/interruption.md has this as a table.
'use strict';
const { Buffer } = require('node:buffer');

/**
 * The calls. `start` makes one in the folder `at`, with the package's own `options`. `warm`: names that the kernel has
 * to know beforehand, so that the call gets stuck in its own work and not on the way there. `opens`: the flags of the
 * handle that it is made on. `dirty`: data was written to the handle that the server does not have yet. `got`: the
 * number of bytes of the file that are in the cache. `locks`: it waits for a lock, which nobody may have afterwards.
 * `changes`: whether it changes something. `whole`: an interrupted one has changed nothing.
 */
const calls = {
  stat: { changes: false, start: ({ fsp, at }, options) => fsp.stat(`${at}/file`, options) },
  open: { changes: false, start: ({ fsp, at }, options) => fsp.open(`${at}/file`, 'r', undefined, options) },
  read: {
    changes: false,
    opens: 'r',
    start: ({ handle }, options) => handle.read(Buffer.alloc(4096), 0, 4096, 0, options),
  },
  readFile: { changes: false, start: ({ fsp, at }, options) => fsp.readFile(`${at}/file`, options) },
  readdir: { changes: false, start: ({ fsp, at }, options) => fsp.readdir(at, options) },
  statfs: { changes: false, start: ({ fsp, at }, options) => fsp.statfs(at, options) },
  unlink: {
    changes: true,
    warm: ['file'],
    start: ({ fsp, at }, options) => fsp.unlink(`${at}/file`, options),
  },
  rename: {
    changes: true,
    warm: ['file'],
    start: ({ fsp, at }, options) => fsp.rename(`${at}/file`, `${at}/renamed`, options),
  },
  mkdir: { changes: true, start: ({ fsp, at }, options) => fsp.mkdir(`${at}/new`, options) },
  writeFile: {
    changes: true,
    start: ({ fsp, at }, options) => fsp.writeFile(`${at}/new`, 'content', options),
  },
  fsync: { changes: 'whole', opens: 'r+', dirty: true, start: ({ handle }, options) => handle.sync(options) },
  close: {
    changes: false,
    opens: 'r+',
    dirty: true,
    // close() takes no options.
    ways: ['interrupt', 'interruptUnder'],
    start: ({ handle }) => handle.close(),
  },
  lock: {
    changes: 'whole',
    opens: 'r+',
    locks: true,
    start: ({ lock, handle }, options) => lock(handle, options),
  },
  'handle.readFile': {
    changes: false,
    opens: 'r',
    // The number of bytes that readFile() reads at a time.
    got: 4 * 1024 * 1024,
    start: ({ handle }, options) => handle.readFile(options),
  },
};

/** The ways to end a call. */
const ways = ['interrupt', 'interruptUnder', 'signal', 'timeout'];

/**
 * Calls that wait in the kernel behind a stuck one. `front` begins first, and the others when it is stuck. One
 * interruptUnder() ends all together. They end as the call `as` does.
 */
const queues = {
  'stat of the same name': {
    as: 'stat',
    front: ({ fsp, at }) => fsp.stat(`${at}/file`),
    behind: [({ fsp, at }) => fsp.stat(`${at}/file`), ({ fsp, at }) => fsp.lstat(`${at}/file`)],
  },
  'stat of another name, behind an unlink in its folder': {
    as: 'unlink',
    warm: ['file'],
    front: ({ fsp, at }) => fsp.unlink(`${at}/file`),
    behind: [({ fsp, at }) => fsp.stat(`${at}/other`), ({ fsp, at }) => fsp.open(`${at}/third`)],
  },
  'read on the same handle, at its own position': {
    as: 'read',
    opens: 'r',
    front: ({ handle }) => handle.read(Buffer.alloc(4096), 0, 4096, null),
    behind: [({ handle }) => handle.read(Buffer.alloc(4096), 0, 4096, null)],
  },
  'read of the same page': {
    as: 'read',
    opens: 'r',
    front: ({ handle }) => handle.read(Buffer.alloc(4096), 0, 4096, 0),
    behind: [({ handle }) => handle.read(Buffer.alloc(4096), 0, 4096, 0)],
  },
};

/** The calls that can stall by themselves. */
const servers = ['nfs', 'cifs', 'sshfs'];

/**
 * The stalls; `begin` and `end` are commands of mounts.sh. `outcome`: how calls end, but for those in `except`.
 * `untried`: calls that are left out. `atOnce`: the number of calls that are stuck at the same time. `parts`: the parts
 * of the tests that are run; left out: all. `startsProcesses`: processes are started meanwhile, too. `showsCli`: the
 * command line is tried, too. `lockAborted`: with the newer kernel, the effect of mounts.abort() on a call that waits
 * for a lock; `waits on`: none. `holdsExit`: a file that is open there keeps a process from ending. `aborted`: the
 * codes of the errors that mounts.abort() gives to stuck calls; empty: it frees none, and says so.
 */
const stalls = {
  nfs4: {
    title: 'NFS 4.2, `hard`, packets dropped',
    short: 'NFS 4.2',
    server: 'nfs',
    mount: 'nfs4_mount',
    startsProcesses: true,
    showsCli: true,
    lockAborted: 'EIO',
    begin: 'nfs_drop',
    end: 'nfs_pass',
    outcome: 'killed',
    except: { fsync: 'abandoned', close: 'abandoned' },
    aborted: ['EIO'],
    holdsExit: true,
  },
  nfs3: {
    title: 'NFS 3, `hard`, packets dropped',
    short: 'NFS 3',
    server: 'nfs',
    mount: 'nfs3_mount',
    showsCli: true,
    lockAborted: 'waits on',
    begin: 'nfs_drop',
    end: 'nfs_pass',
    outcome: 'killed',
    except: { fsync: 'abandoned', close: 'abandoned' },
    aborted: ['EIO'],
  },
  cifs: {
    title: 'CIFS 3.1.1, server stopped',
    short: 'CIFS',
    server: 'cifs',
    mount: 'cifs_mount',
    startsProcesses: true,
    showsCli: true,
    begin: 'cifs_stop',
    end: 'cifs_continue',
    // While no other client has the file open, this client grants locks itself.
    untried: ['lock'],
    outcome: 'killed',
    except: { fsync: 'abandoned', close: 'abandoned' },
    aborted: [],
  },
  'cifs-dropped': {
    title: 'CIFS 3.1.1, packets dropped',
    server: 'cifs',
    mount: 'cifs_mount',
    begin: 'cifs_drop',
    end: 'cifs_pass',
    parts: ['calls', 'exit'],
    untried: ['lock'],
    outcome: 'killed',
    except: { fsync: 'abandoned', close: 'abandoned' },
    aborted: [],
  },
  'cifs-reconnecting': {
    title: 'CIFS 3.1.1, reconnecting to a server that accepts TCP',
    server: 'cifs',
    mount: 'cifs_echo_mount',
    begin: 'cifs_stop_until_reconnecting',
    end: 'cifs_continue',
    parts: ['calls', 'exit'],
    outcome: 'abandoned',
    except: { fsync: 'killed' },
    // A read may wait for a page that is being read ahead, which is another kind of wait.
    untried: ['lock', 'handle.readFile'],
    aborted: [],
  },
  'cifs-reconnecting-dropped': {
    title: 'CIFS 3.1.1, reconnecting, packets dropped',
    server: 'cifs',
    mount: 'cifs_echo_mount',
    begin: 'cifs_drop_until_reconnecting',
    end: 'cifs_pass',
    parts: ['calls', 'exit'],
    outcome: 'interrupted',
    except: { close: 'abandoned' },
    untried: ['lock', 'handle.readFile'],
    aborted: [],
  },
  'sshfs-daemon': {
    title: 'FUSE (sshfs), the daemon stopped before it read the request',
    short: 'FUSE, unread',
    server: 'sshfs',
    mount: 'sshfs_mount',
    startsProcesses: true,
    showsCli: true,
    begin: 'daemon_stop',
    end: 'daemon_continue',
    // Locks of sshfs stay local. The attributes of an open file may have to be asked for again.
    untried: ['lock', 'handle.readFile'],
    // Here the write itself would be stuck. Elsewhere it stays in the page cache, or the daemon does not wait for the
    // answer.
    writesFirst: true,
    outcome: 'killed',
    except: { close: 'abandoned' },
    aborted: ['ECONNABORTED', 'ENOTCONN'],
  },
  'sshfs-far-end': {
    title: 'FUSE (sshfs), the daemon has read the request and never answers',
    short: 'FUSE, unanswered',
    server: 'sshfs',
    mount: 'sshfs_mount',
    showsCli: true,
    begin: 'far_end_stop',
    end: 'far_end_continue',
    // The daemon reads ten requests at a time, and each call is made four times. A call whose request it has not read
    // can be killed.
    atOnce: 2,
    // Locks of sshfs stay local. A read may wait for a page that is being read ahead, which is another kind of wait.
    untried: ['lock', 'handle.readFile'],
    outcome: 'abandoned',
    except: { read: 'killed' },
    aborted: ['ECONNABORTED', 'ENOTCONN'],
  },
};

/** Returns how a call ends under a stall. */
const expected = (stall, call) => stalls[stall].except[call] ?? stalls[stall].outcome;

/** Returns whether a call with that outcome may have changed something. */
const mayHaveTakenEffect = (call, outcome) =>
  calls[call].changes === true || (calls[call].changes === 'whole' && outcome !== 'interrupted');

/** Returns how all calls of a queue end: as the call `as` does. */
const queueOutcome = (stall, queue) => expected(stall, queues[queue].as);

module.exports = { calls, ways, queues, servers, stalls, expected, mayHaveTakenEffect, queueOutcome };
