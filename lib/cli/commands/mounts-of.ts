// The package's own `mounts`, where there is an addon.
import { CliError } from '../failure';

type Package = typeof import('../../index');

/** The package itself; an error that says why where its addon cannot be loaded. */
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
  // So that what asks a mount can be killed whatever its type.
  configure({ killable: 'always' });
  return mounts;
}
