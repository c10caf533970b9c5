// Whether a control group has stopped a process, as that of a paused container does.
import { readText } from './read';

/** Returns whether the process is frozen: by version 2 of control groups, or by the freezer of version 1. */
export const isFrozen = (pid: number): boolean =>
  (readText(`/proc/${pid}/cgroup`) ?? '').split('\n').some((line) => {
    const [, controllers, path] = line.split(':');
    if (controllers === undefined || path === undefined || path === '/') return false;
    if (controllers === '')
      // Beside version 1, version 2 has a folder of its own.
      return ['', '/unified'].some((folder) =>
        /^frozen 1$/m.test(readText(`/sys/fs/cgroup${folder}${path}/cgroup.events`) ?? ''),
      );
    return (
      controllers.split(',').includes('freezer') &&
      readText(`/sys/fs/cgroup/freezer${path}/freezer.state`)?.trim() === 'FROZEN'
    );
  });
