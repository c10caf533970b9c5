// opendir: one call, which makes a Dir.
import type * as fs from 'node:fs';
import type { CallType } from '../../call/type';
import { type FileOptions, parseOptions } from '../../validate/arguments';
import type { CallOptions } from '../../validate/call-options';
import { validPath } from '../../validate/path';
import { validateUint32 } from '../../validate/values';
import { openingDirectory } from '../requests/directories';
import { DIR, pathCall, type Request } from '../requests/request';
import { Dir } from './dir';
import type { DirSettings } from './entries';

type Opening = (settings: DirSettings) => CallType<Dir>;

const opening: Opening = (settings) =>
  openingDirectory(DIR, (done, call) => new Dir(done.value, call.path, settings));

/** The errors of Node's opendirSync() name no path. */
const openingSync: Opening = (settings) => ({ ...opening(settings), pathInErrors: () => undefined });

export type OpenDirOptions = fs.OpenDirOptions & CallOptions;

const opendirBy = (typeOf: Opening): Request<Dir> => ({
  type: typeOf({ encoding: null, bufferSize: 32, recursive: false }),
  takes: ['path'],
  build([path], shown, options) {
    const valid = validPath(path);
    const parsed: FileOptions = parseOptions(options);
    const { bufferSize = 32, encoding, recursive } = parsed;
    validateUint32(bufferSize, 'options.bufferSize', true);
    return pathCall(typeOf({ encoding, bufferSize, recursive: Boolean(recursive) }), valid, shown, parsed);
  },
});

export const opendirRequest = opendirBy(opening);
export const opendirSyncRequest = opendirBy(openingSync);
