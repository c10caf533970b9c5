// Every operation, with every way in which a file system can leave it without an answer.
import { beforeAll, expect, it } from '@jest/globals';
import { interrupt, listPending } from '../../lib';
import { native } from '../../lib/engine/addon';
import { stat } from '../../lib/fs/promises';
import { looksWhenFull } from '../../lib/node/version';
import { describeWith } from '../fixtures/available';
import { until } from '../fixtures/leaks';
import { handleOps } from './handle-ops';
import { expectInterruptError, filterOf, interruptIn, type Op, run } from './ops';
import { pathOps } from './path-ops';
import { mounted, type Place, sleeping } from './place';

/** A grace that does not end before the daemon's answer. */
const LONG = 60_000;
/** A grace for calls that nothing ends. */
const SHORT = 10;

const ops = [...pathOps, ...handleOps].map((op): [string, Op] => [op.name, op]);

// Makes ops, so that their memory exists before it is counted.
beforeAll(() => stat('/'));

describeWith('stallfs', 'a daemon that honours INTERRUPT', () => {
  const stage = mounted();

  it.each(ops)('%s is interrupted', async (_, op) => {
    const place = stage.place();
    const begun = await op.begin(place);
    await place.fs.hold('honour', filterOf(place, op));
    const fate = run(begun);
    await place.fs.waitHeld(1, filterOf(place, op));
    const ended = await interruptIn(place, op, fate, LONG);
    expect(ended.outcome).toBe('interrupted');
    expectInterruptError(place, op, ended);
    // The daemon has not carried it out.
    if (op.done !== undefined) expect(op.done(place)).toBe(false);
    await place.fs.normal();
    await begun.end();
  });
});

/** Interrupts an op that no signal ends. */
async function stopUnread(
  place: Place,
  op: Op,
  start: () => ReturnType<typeof run>,
  reached: () => Promise<unknown>,
) {
  if (!native.counts().killable) return abandon(place, op, start, reached);
  const fate = start();
  await reached();
  const ended = await interruptIn(place, op, fate, LONG / 100);
  expect(ended.outcome).toBe('killed');
  expectInterruptError(place, op, ended);
}

/** Interrupts an op that the kernel does not release. */
async function abandon(
  place: Place,
  op: Op,
  start: () => ReturnType<typeof run>,
  reached: () => Promise<unknown>,
) {
  const fate = start();
  await reached();
  const ended = await interruptIn(place, op, fate, SHORT);
  expect(ended.outcome).toBe('abandoned');
  expectInterruptError(place, op, ended);
  const left = listPending({ under: place.path });
  // The close of its handle may be listed, and so is the part of a composite.
  const abandoned = left.filter((each) => each.state === 'abandoned');
  expect(abandoned.filter((each) => each.parent === 0)).toHaveLength(1);
  // A second interrupt changes nothing.
  for (const again of await interrupt(abandoned)) expect(again.outcome).toBe('abandoned');
}

const held = (place: Place, op: Op) => () => place.fs.waitHeld(1, filterOf(place, op));

/** If the last step changes something, it has happened by now, or the worker has left before it. */
const isGone = (place: Place): Promise<unknown> =>
  until(() => listPending({ under: place.path }).length === 0, 'the kernel has let go');

describeWith('stallfs', 'a daemon that ignores INTERRUPT', () => {
  const stage = mounted();

  it.each(ops)('%s is abandoned, and answered late', async (_, op) => {
    const place = stage.place();
    const begun = await op.begin(place);
    await place.fs.hold('ignore', filterOf(place, op));
    await abandon(place, op, () => run(begun), held(place, op));
    if (op.done !== undefined) expect(op.done(place)).toBe(false);
    await place.fs.normal();
    expect(await place.fs.release()).toBe(1);
    await isGone(place);
    // mayHaveTakenEffect was true, and the effect is there.
    if (op.done !== undefined) expect(op.done(place)).toBe(true);
    await begun.end();
  });

  it.each(ops)('%s is abandoned, and fails late', async (_, op) => {
    const place = stage.place();
    const begun = await op.begin(place);
    await place.fs.hold('ignore', filterOf(place, op));
    await abandon(place, op, () => run(begun), held(place, op));
    await place.fs.normal();
    expect(await place.fs.failHeld('EIO')).toBe(1);
    await isGone(place);
    await begun.end();
  });
});

describeWith('stallfs', 'a daemon that answers INTERRUPT with ENOSYS', () => {
  const stage = mounted('fresh');

  it.each(ops)('%s is abandoned, and ends with the connection', async (_, op) => {
    const place = stage.place();
    const begun = await op.begin(place);
    await place.fs.hold('enosys', filterOf(place, op));
    await abandon(place, op, () => run(begun), held(place, op));
    place.fs.abort();
    await isGone(place);
    // The handle can be closed.
    await begun
      .end()
      .catch((error: NodeJS.ErrnoException) => expect(error.code).toMatch(/ENOTCONN|ECONNABORTED/));
  });
});

// The daemon gets no request, so the op hangs on its first one, whichever step that is.
// Streams cannot close their handles, and emit no event before that.
const first = ops.filter(
  ([name, { stream }], i) =>
    !stream && ops.findIndex(([other]) => other.split(',')[0] === name.split(',')[0]) === i,
);

describeWith('stallfs', 'a daemon that does not read requests', () => {
  const stage = mounted();

  it.each(first)('%s is ended while the daemon reads no requests', async (_, op) => {
    const place = stage.place();
    const begun = await op.begin(place);
    await place.fs.deaf();
    await stopUnread(
      place,
      anywhere(op),
      () => run(begun),
      () => place.fs.waitUnread(),
    );
    await place.fs.normal();
    await isGone(place);
    await begun.end();
  });

  it.each(first)('%s is ended while the daemon is stopped', async (_, op) => {
    const place = stage.place();
    const begun = await op.begin(place);
    await place.fs.stop();
    await stopUnread(
      place,
      anywhere(op),
      () => run(begun),
      () => until(() => place.fs.waiting() > 0 && sleeping(place.path).length > 0, 'it waits'),
    );
    place.fs.cont();
    await isGone(place);
    await begun.end();
  });
});

/** The op hangs in its first system call instead of that of the table. */
function anywhere(op: Op): Op {
  const whole = ['readFile', 'writeFile', 'appendFile', 'truncate'].includes(op.fn);
  if (whole && op.path !== undefined)
    return { ...op, syscall: 'open', changes: op.changes && op.fn !== 'truncate' };
  return op.fn === 'readFile' ? { ...op, syscall: 'fstat' } : op;
}

describeWith('stallfs', 'a daemon that answers late', () => {
  const stage = mounted();

  it.each(ops)('%s waits for it', async (_, op) => {
    const place = stage.place();
    const begun = await op.begin(place);
    await place.fs.late(filterOf(place, op));
    const fate = run(begun);
    await place.fs.waitHeld(1, filterOf(place, op));
    const listed = place.top();
    expect(fate.over).toBe(false);
    await place.fs.normal();
    expect(await place.fs.release()).toBe(1);
    await fate.settled;
    expect(fate.error).toBe(undefined);
    if (op.value !== undefined) expect(fate.value).toEqual(op.value);
    if (op.done !== undefined) expect(op.done(place)).toBe(true);
    // The interrupt of an op that is over does nothing.
    expect((await interrupt(listed))[0]?.outcome).toBe('completed');
    await begun.end();
  });
});

describeWith('stallfs', 'a daemon that answers with an error', () => {
  const stage = mounted();

  it.each(ops)('%s fails with it', async (name, op) => {
    // Node before 24 asks for the status first, and finds nothing.
    const code = name === 'mkdir with recursive' && looksWhenFull ? 'ENOENT' : 'ENOSPC';
    const place = stage.place();
    const begun = await op.begin(place);
    await place.fs.error('ENOSPC', filterOf(place, op));
    const { error } = await run(begun).settled;
    expect(error).toMatchObject({ code, syscall: op.failed ?? op.syscall, name: 'Error' });
    expect(error?.outcome).toBe(undefined);
    await place.fs.normal();
    await begun.end();
  });
});

describeWith('stallfs', 'a daemon that carries a change out and never answers', () => {
  const stage = mounted('fresh');

  it.each(ops.filter(([, op]) => op.done !== undefined))(
    '%s has taken effect when it is abandoned',
    async (_, op) => {
      const place = stage.place();
      const begun = await op.begin(place);
      await place.fs.effect(filterOf(place, op));
      await abandon(place, op, () => run(begun), held(place, op));
      expect(op.done?.(place)).toBe(true);
      place.fs.abort();
      await isGone(place);
      expect(op.done?.(place)).toBe(true);
      await begun
        .end()
        .catch((error: NodeJS.ErrnoException) => expect(error.code).toMatch(/ENOTCONN|ECONNABORTED/));
    },
  );
});
