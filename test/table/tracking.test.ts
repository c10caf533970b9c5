import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { AbortError, interrupt, listPending, TimeoutError, trackPending } from '../../lib';
import { open, stat } from '../../lib/fs/promises';
import { failing, rejection, running, thrown, withFifo } from './tools';

const fifo = withFifo();

// Off, whatever the suite's own set-up says.
beforeEach(() => trackPending(false));

/** Whether a call that starts now is listed. */
async function isListed(): Promise<boolean> {
  const controller = new AbortController();
  const failure = failing(open(fifo().path, 'r', undefined, { signal: controller.signal }));
  const listed = listPending().length === 1;
  controller.abort();
  await failure;
  return listed;
}

describe('trackPending', () => {
  it('is off at first', async () => {
    expect(await isListed()).toBe(false);
  });

  it('counts', async () => {
    trackPending(true);
    trackPending(true);
    expect(await isListed()).toBe(true);
    trackPending(false);
    expect(await isListed()).toBe(true);
    trackPending(false);
    expect(await isListed()).toBe(false);
  });

  it('never counts below zero', async () => {
    for (let i = 0; i < 5; i++) trackPending(false);
    expect(await isListed()).toBe(false);
    trackPending(true);
    expect(await isListed()).toBe(true);
    trackPending(false);
    expect(await isListed()).toBe(false);
  });

  it('decides as each call begins', async () => {
    trackPending(true);
    const listed = failing(open(fifo().path));
    trackPending(false);
    const controller = new AbortController();
    const unlisted = failing(open(fifo().path, 'r', undefined, { signal: controller.signal }));
    const ops = await running(1);
    expect(listPending()).toHaveLength(1);
    await interrupt(ops);
    controller.abort();
    expect((await listed).outcome).toBe('interrupted');
    expect(['cancelled', 'interrupted']).toContain((await unlisted).outcome);
  });

  it.each([undefined, null, 0, 1, 'true', {}])('refuses %p', (value) => {
    const error = thrown(() => trackPending(value as unknown as boolean));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.code).toBe('ERR_INVALID_ARG_TYPE');
    expect(error.message).toContain('The "on" argument must be of type boolean');
  });
});

describe('a call that is not tracked', () => {
  it('ends by its signal', async () => {
    const controller = new AbortController();
    const failure = failing(open(fifo().path, 'r', undefined, { signal: controller.signal }));
    await stat('/');
    expect(listPending()).toEqual([]);
    controller.abort();
    expect(await failure).toBeInstanceOf(AbortError);
  });

  it('ends by its timeout', async () => {
    const error = await rejection(open(fifo().path, 'r', undefined, { timeout: 20 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.outcome).toBe('interrupted');
  });

  it('has an op in its error that knows the call, relative paths included', async () => {
    const before = process.cwd();
    process.chdir('/usr');
    const controller = new AbortController();
    const failure = failing(stat('./bin', { signal: controller.signal }));
    process.chdir(before);
    controller.abort();
    const { op } = await failure;
    expect(op.fn()).toBe('stat');
    expect(op.pathname()).toBe('/usr/bin');
  });

  it('is not ended by an interrupt that comes through the table', async () => {
    const controller = new AbortController();
    const failure = failing(open(fifo().path, 'r', undefined, { signal: controller.signal }));
    expect(await interrupt(listPending())).toEqual([]);
    const first = await Promise.race([failure.then(() => 'over'), delay(20, 'pending')]);
    expect(first).toBe('pending');
    controller.abort('enough');
    expect((await failure).cause).toBe('enough');
  });
});
