// What is tried in the guest, and how it is to end: docs/interruption.md has this as a table.
'use strict';
const { Buffer } = require('node:buffer');

/**
 * The calls. `start` makes one in the folder `at`, with `options` of the package's own. `warm`: what the kernel is to know
 * beforehand, so that the call is stuck in its own work and not in finding the way there. `opens`: flags of the handle
 * that it is made on; `dirty`: something is written to it that the server does not have yet; `got`: so many bytes of
 * it are known; `locks`: a lock, which nobody has afterwards. `changes`: whether it changes something; `whole`: it has
 * not when it was interrupted.
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
    // It takes no options.
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
    // As much as it reads at a time.
    got: 4 * 1024 * 1024,
    start: ({ handle }, options) => handle.readFile(options),
  },
};

/** The ways in which a call is ended. */
const ways = ['interrupt', 'interruptUnder', 'signal', 'timeout'];

/**
 * Calls that wait in the kernel behind one that is stuck. `front` is begun first, the others once it is stuck. They are
 * ended together, by one interruptUnder(), and end as the call called `as` does.
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

/** Those that can stall, each by itself. */
const servers = ['nfs', 'cifs', 'sshfs'];

/**
 * The stalls; names of commands are those of mounts.sh. `outcome` is that of a call, but for those in `except`.
 * `untried`: calls that are left out. `atOnce`: how many calls are stuck in it at a time. `parts`: what is tried; else all.
 * `startsProcesses`: processes are started in it, too.
 * `showsCli`: the command line is tried on it, too.
 * `lockAborted`: with the newer kernel, what mounts.abort() makes of a call that waits for a lock; `waits on`: nothing.
 * `holdsExit`: a file that is open there keeps a process from being gone.
 * `aborted`: codes of the errors that stuck calls get from mounts.abort(); none: it frees nothing, and says so.
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
    // The client grants locks itself while nobody else has the file open.
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
    // A read may wait for what was read ahead, and that wait is another one.
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
    // Locks of sshfs stay local; what is known of an open file may have to be asked for again.
    untried: ['lock', 'handle.readFile'],
    // A write would be stuck itself. Elsewhere it stays in the page cache, or the daemon does not wait for the answer.
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
    // The daemon reads ten requests at a time; each call is made four times. A request that it has not read can be killed.
    atOnce: 2,
    // Locks of sshfs stay local. A read may wait for what was read ahead, and that wait is another one.
    untried: ['lock', 'handle.readFile'],
    outcome: 'abandoned',
    except: { read: 'killed' },
    aborted: ['ECONNABORTED', 'ENOTCONN'],
  },
};

/** How a call ends under a stall. */
const expected = (stall, call) => stalls[stall].except[call] ?? stalls[stall].outcome;

/** Whether a call that ended so may have changed something. */
const mayHaveTakenEffect = (call, outcome) =>
  calls[call].changes === true || (calls[call].changes === 'whole' && outcome !== 'interrupted');

/** How all calls of a queue end: as well as its front does. */
const queueOutcome = (stall, queue) => expected(stall, queues[queue].as);

module.exports = { calls, ways, queues, servers, stalls, expected, mayHaveTakenEffect, queueOutcome };
