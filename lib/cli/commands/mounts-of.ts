// The package's own `mounts`, if there is an addon.
import { CliError } from '../failure';
import { decode } from '../screen/bytes';

type Package = typeof import('../../index');

/** Loads the package. If its addon cannot be loaded, throws an error that says why. */
export function ourPackage(): Package {
  try {
    return require('../../index') as Package;
  } catch (error) {
    throw new CliError(`This needs the package's addon, which cannot be loaded here: ${(error as Error).message}
\`pendingop doctor\` tells more.`);
  }
}

export function mountsOf(): Package['mounts'] {
  const { configure, mounts } = ourPackage();
  // So that calls on a mount can be killed, whatever its type.
  configure({ killable: 'always' });
  return mounts;
}

/** Returns the path of a mount as text that has all its bytes. */
export const nameOf = (path: string | Buffer): string =>
  typeof path === 'string' ? path : decode(path.toString('latin1'));
