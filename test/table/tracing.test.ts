// The channels tracing:pendingop.call:* in the shape of Node's TracingChannel.
import diagnostics from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { interrupt } from '../../lib';
import type { CallTrace } from '../../lib/call/tracing';
import { readFile, stat } from '../../lib/fs/promises';
import { failing, rejection, running, withFifo } from './tools';

const names = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

describe('tracing:pendingop.call', () => {
  const fifo = withFifo();
  let off: () => void = () => undefined;
  afterEach(() => off());

  function listen(): [string, CallTrace][] {
    const heard: [string, CallTrace][] = [];
    const ends = names.map((name) => {
      const channel = `tracing:pendingop.call:${name}`;
      const hear = (message: unknown): void => {
        heard.push([name, message as CallTrace]);
      };
      diagnostics.subscribe(channel, hear);
      return () => diagnostics.unsubscribe(channel, hear);
    });
    off = () => {
      for (const end of ends) end();
    };
    return heard;
  }

  it('publishes one object for a call that succeeds', async () => {
    const heard = listen();
    const value = await stat('/');
    expect(heard.map(([name]) => name)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    expect(new Set(heard.map(([, trace]) => trace)).size).toBe(1);
    const [, trace] = heard[0] as [string, CallTrace];
    expect(trace).toMatchObject({ fn: 'stat', path: '/', outcome: 'completed', result: value });
    expect(trace.durationMs).toBeGreaterThan(0);
  });

  it('publishes the error of one that fails, the very one that its caller gets', async () => {
    const heard = listen();
    const error = await rejection(stat('/no/such/file'));
    expect(heard.map(([name]) => name)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(heard[2]?.[1].error).toBe(error);
  });

  it('says how a call was ended', async () => {
    const heard = listen();
    const failed = failing(readFile(fifo().path));
    await interrupt(await running());
    expect(heard.at(-1)?.[1]).toMatchObject({ outcome: 'interrupted', error: await failed });
  });
});
