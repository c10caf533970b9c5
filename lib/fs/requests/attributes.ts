// Permissions, owner and times of files; writing changes to the disk; close.
import { Code } from '../../engine/codes';
import { setMode, setOwner, setTimes } from '../../engine/operands';
import { timeRules } from '../../node/version';
import { parseFileMode, toUnixTimestamp } from '../../validate/arguments';
import { validateInteger } from '../../validate/values';
import { FILE, type FillOperands, onDescriptor, onPath, PATH, voidType } from './request';

const permissions: FillOperands = (call, mode) => setMode(call, parseFileMode(mode, 'mode'));

export const chmod = onPath({
  type: voidType('chmod', Code.chmod, 'chmod', PATH, true),
  takes: ['path', 'mode'],
  fill: permissions,
});
export const fchmod = onDescriptor({
  type: voidType('fchmod', Code.fchmod, 'fchmod', FILE, true),
  takes: ['fd', 'mode'],
  fill: permissions,
});

/** An id has 32 bits. If all are set (also by -1), the kernel leaves the id as it is. */
const LAST_ID = 2 ** 32 - 1;

const owner: FillOperands = (call, uid, gid) => {
  validateInteger(uid, 'uid', -1, LAST_ID);
  validateInteger(gid, 'gid', -1, LAST_ID);
  setOwner(call, uid, gid);
};

export const chown = onPath({
  type: voidType('chown', Code.chown, 'chown', PATH, true),
  takes: ['path', 'uid', 'gid'],
  fill: owner,
});
export const lchown = onPath({
  type: voidType('lchown', Code.lchown, 'lchown', PATH, true),
  takes: ['path', 'uid', 'gid'],
  fill: owner,
});
export const fchown = onDescriptor({
  type: voidType('fchown', Code.fchown, 'fchown', FILE, true),
  takes: ['fd', 'uid', 'gid'],
  fill: owner,
});

/** In Node's errors both times are called `time` for a path, and `atime` and `mtime` for a descriptor. */
const times: FillOperands = (call, atime, mtime) =>
  setTimes(call, toUnixTimestamp(atime), toUnixTimestamp(mtime), timeRules);
const namedTimes: FillOperands = (call, atime, mtime) =>
  setTimes(call, toUnixTimestamp(atime, 'atime'), toUnixTimestamp(mtime, 'mtime'), timeRules);

export const utimes = onPath({
  type: voidType('utimes', Code.utimes, 'utime', PATH, true),
  takes: ['path', 'atime', 'mtime'],
  fill: times,
});
export const lutimes = onPath({
  type: voidType('lutimes', Code.lutimes, 'lutime', PATH, true),
  takes: ['path', 'atime', 'mtime'],
  fill: times,
});
export const futimes = onDescriptor({
  type: voidType('futimes', Code.futimes, 'futime', FILE, true),
  takes: ['fd', 'atime', 'mtime'],
  fill: namedTimes,
});

export const fsync = onDescriptor({
  type: voidType('fsync', Code.fsync, 'fsync', FILE, true),
  takes: ['fd'],
});
export const fdatasync = onDescriptor({
  type: voidType('fdatasync', Code.fdatasync, 'fdatasync', FILE, true),
  takes: ['fd'],
});

/** If a close is interrupted, the caller is freed, and the descriptor is closed all the same. */
export const close = onDescriptor({
  type: { ...voidType('close', Code.close, 'close', FILE, false), closes: true },
  takes: ['fd'],
});
