// Functions that run at the event 'exit' of this thread. All copies of the package, also those in vm contexts, share one
// listener, since Node warns of an emitter with more than ten.

const KEY = Symbol.for('pendingop.atExit');

/** During the event, `run` runs at once: a listener that is added then is not called. */
export function atExit(run: () => void): void {
  if ((process as { _exiting?: boolean })._exiting === true) {
    run();
    return;
  }
  const shared = process as unknown as { [KEY]?: (() => void)[] };
  let all = shared[KEY];
  if (all === undefined) {
    const made: (() => void)[] = [];
    Object.defineProperty(process, KEY, { value: made });
    process.on('exit', () => {
      for (const each of made) each();
    });
    all = made;
  }
  all.push(run);
}
