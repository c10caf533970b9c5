// The table of callback functions, by their names in node:fs.
import type { CallbackName } from '../requests/names';
import type { CallbackFunction } from './define';
import * as descriptors from './descriptors';
import * as directories from './directories';
import * as files from './files';
import * as paths from './paths';
import * as real from './realpath';
import * as stats from './stats';
import * as transfers from './transfers';

const table = {
  access: paths.access,
  appendFile: files.appendFile,
  chmod: paths.chmod,
  chown: paths.chown,
  close: descriptors.close,
  copyFile: paths.copyFile,
  cp: directories.cp,
  exists: paths.exists,
  fchmod: descriptors.fchmod,
  fchown: descriptors.fchown,
  fdatasync: descriptors.fdatasync,
  fstat: stats.fstat,
  fsync: descriptors.fsync,
  ftruncate: descriptors.ftruncate,
  futimes: descriptors.futimes,
  lchown: paths.lchown,
  link: paths.link,
  lstat: stats.lstat,
  lutimes: paths.lutimes,
  mkdir: directories.mkdir,
  mkdtemp: directories.mkdtemp,
  open: descriptors.open,
  opendir: directories.opendir,
  read: transfers.read,
  readdir: directories.readdir,
  readFile: files.readFile,
  readlink: paths.readlink,
  readv: transfers.readv,
  realpath: real.realpath,
  rename: paths.rename,
  rm: directories.rm,
  rmdir: directories.rmdir,
  stat: stats.stat,
  statfs: stats.statfs,
  symlink: paths.symlink,
  truncate: descriptors.truncate,
  unlink: paths.unlink,
  utimes: paths.utimes,
  write: transfers.write,
  writeFile: files.writeFile,
  writev: transfers.writev,
} satisfies Record<CallbackName, CallbackFunction<object>>;

/** The functions with the builders that the synchronous ones need. */
export const callbackFunctions: Readonly<Record<CallbackName, CallbackFunction<object>>> = table;

type Faces = { [Name in CallbackName]: (typeof table)[Name]['face'] };

/** The functions themselves. */
export const functions = Object.fromEntries(
  Object.values(table).map(({ name, face }) => [name, face]),
) as unknown as Faces;
