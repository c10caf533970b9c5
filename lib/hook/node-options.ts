// NODE_OPTIONS is inherited by every child. A child may run in a folder from which `pendingop/register` cannot be
// resolved, and would fail to start. So the hook replaces its name there by its absolute path.
import { pathToFileURL } from 'node:url';

const HOOK = /(^|\s)(--import|--require|-r)(=|\s+)(["']?)pendingop\/register\4(?=\s|$)/g;

/** Returns the options with the hook named by `file`, an absolute path. */
export const withAbsoluteHook = (options: string, file: string): string =>
  options.replace(HOOK, (_, before: string, flag: string, gap: string) => {
    const place = flag === '--import' ? pathToFileURL(file).href : `"${file.replace(/["\\]/g, '\\$&')}"`;
    return `${before}${flag}${gap}${place}`;
  });
