// NODE_OPTIONS goes to every child, and a child may run in a folder that has no such package: there it would fail before
// it begins. So the hook hands itself on by its place.
import { pathToFileURL } from 'node:url';

const HOOK = /(^|\s)(--import|--require|-r)(=|\s+)(["']?)pendingop\/register\4(?=\s|$)/g;

/** The same options, with the hook as the absolute path of `file`. */
export const withAbsoluteHook = (options: string, file: string): string =>
  options.replace(HOOK, (_, before: string, flag: string, gap: string) => {
    const place = flag === '--import' ? pathToFileURL(file).href : `"${file.replace(/["\\]/g, '\\$&')}"`;
    return `${before}${flag}${gap}${place}`;
  });
