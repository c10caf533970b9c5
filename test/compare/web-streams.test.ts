import type { FileHandle } from 'node:fs/promises';
import { cases, onHandle, type Scenario, settle, settleAll } from './harness';

/* readableWebStream() of a FileHandle. */

const on = (use: Parameters<typeof onHandle>[1], name?: string, flags = 'r+'): Scenario =>
  onHandle(flags, use, name);

interface Chunks {
  getReader(options?: object): {
    read(view?: Uint8Array): Promise<unknown>;
    cancel(): Promise<void>;
    releaseLock(): void;
  };
}
const web = (handle: FileHandle, options?: object): Chunks =>
  handle.readableWebStream(options as never) as never;
describe.each([['bytes', { type: 'bytes' }]])('readableWebStream of %s', (_type, options) => {
  cases('of a handle', {
    whole: on(async (handle) => {
      const stream = web(handle, options);
      const reader = stream.getReader();
      const seen = [];
      for (let i = 0; i < 3; i++) seen.push(await reader.read());
      return [seen, stream.constructor.name];
    }),
    'for await': on(async (handle) => {
      const seen = [];
      for await (const chunk of web(handle, options) as unknown as AsyncIterable<unknown>) seen.push(chunk);
      return seen;
    }, 'utf8.txt'),
    'into a buffer of the caller': on(async (handle) => {
      const reader = web(handle, options).getReader({ mode: 'byob' });
      return settleAll(
        () => reader.read(new Uint8Array(5)),
        () => reader.read(new Uint8Array(50)),
        () => reader.read(new Uint8Array(5)),
      );
    }),
    cancel: on(async (handle) => {
      const reader = web(handle, options).getReader();
      await reader.read();
      await reader.cancel();
      return settle(() => reader.read());
    }),
  });
});

cases('readableWebStream', {
  plain: on(async (handle) => {
    let text = '';
    for await (const chunk of web(handle) as unknown as AsyncIterable<ArrayBuffer>)
      text += Buffer.from(chunk).toString();
    return text;
  }),
  // A stream of bytes: if a handle is closed while another kind of stream reads, Node aborts in an assertion.
  locked: on((handle) =>
    settleAll(
      () => void web(handle, { type: 'bytes' }),
      () => web(handle),
      () => web(handle, { type: 'bytes' }),
    ),
  ),
  closed: on(async (handle) => {
    await handle.close();
    return settleAll(
      () => web(handle),
      () => web(handle, { type: 'bytes' }),
    );
  }),
  closing: on(async (handle) => {
    const reading = handle.read();
    const closing = handle.close();
    const refused = await settle(() => web(handle));
    await Promise.all([reading, closing]);
    return refused;
  }),
  'of a wrong type': on((handle) =>
    settleAll(...[1, null, {}, true].map((type) => () => web(handle, { type }))),
  ),
});
