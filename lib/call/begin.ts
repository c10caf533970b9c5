// The beginning of a call: it joins its composite or its scope, its listeners are told, and the engine or a driver gets
// it. Whatever has ended by then ends the call as well.
import { enqueue } from '../engine';
import { isRelative, workingDirectory } from '../node/path-text';
import { watchSignal } from './abort-signals';
import { closeAlone, givesBack } from './closes';
import { currentScope } from './current-scope';
import { setDeadline } from './deadlines';
import { end, endInterrupted } from './end';
import { refusal } from './expected-mounts';
import { familyOf } from './family';
import type { Call } from './index';
import { CANCELLED, Interruption } from './interruption';
import { tellStart } from './notify';
import { isRestricted, notPermitted } from './permission';
import { fail, failTraced } from './settle';
import { isTracking } from './tracking';

/** Begins the call. Its outcome, a failure to begin included, goes to its promise or its listener. */
export function begin(call: Call<unknown>): void {
  try {
    if (!join(call)) return;
    if (call.signal?.aborted) {
      call.interruption = new Interruption('abort', call.signal.reason);
      endInterrupted(call, CANCELLED);
      return;
    }
    const missing = refusal(call);
    if (missing !== undefined) {
      end(call, 'completed', false, missing);
      failTraced(call, missing);
      return;
    }
    announce(call);
    if (isEnded(call)) return;
    if (isRestricted) {
      const error = call.driver === undefined ? notPermitted(call) : undefined;
      if (error !== undefined) throw error;
    }
    if (call.driver === undefined) enqueue(call);
    else call.driver.run();
  } catch (error) {
    if (call.outcome === undefined) end(call, 'completed', false, () => error);
    fail(call, error);
  }
}

/**
 * Lets the call join its composite, or the scope that it is called in. Returns false if that has ended: the call has
 * ended with it.
 */
function join(call: Call<unknown>): boolean {
  const family = familyOf(call);
  if (family !== undefined) {
    call.scope = family.call.scope;
    return family.adopt(call);
  }
  call.scope = currentScope();
  const ended = call.scope?.ending;
  if (ended === undefined || givesBack(call)) return true;
  call.interruption = ended.again();
  endInterrupted(call, CANCELLED);
  return false;
}

/** From now on the call's signal and its timeout interrupt it, and the listeners of events know of it. */
function announce(call: Call<unknown>): void {
  call.state = 'starting';
  call.tracked = call.parent !== undefined ? call.parent.tracked : isTracking();
  // Untracked calls need the folder as well: their errors carry the op.
  if (call.fd < 0 && (isRelative(call.path) || (call.dest !== undefined && isRelative(call.dest))))
    call.cwd = workingDirectory();
  if (call.signal !== undefined) watchSignal(call.signal, call);
  // The usual timeout holds for a composite as a whole, not for its parts.
  const isPart = call.hasUsualTimeout && call.parent !== undefined;
  if (call.timeout > 0 && call.timeout !== Infinity && !isPart) setDeadline(call, call.timeout);
  tellStart(call);
}

/** Returns whether a listener of `start` has interrupted the call or its scope. If so, the call has ended. */
function isEnded(call: Call<unknown>): boolean {
  call.state = 'pending';
  if (!givesBack(call)) call.interruption ??= call.scope?.ending?.again();
  if (call.interruption === undefined) return false;
  if (call.type.closes === true) closeAlone(call);
  else endInterrupted(call, CANCELLED);
  return true;
}
