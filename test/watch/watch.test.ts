// watch(), compared with Node's.
import fs from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import * as oursFs from '../../lib/fs';
import { Description } from '../compare/description';
import { until } from '../fixtures/leaks';
import { thrown } from '../table/tools';
import { withWatched } from './tools';

type Fs = typeof fs;
const ours = oursFs as unknown as Fs;
const base = withWatched();

/** The events of watchers, in their order. The kernel has one queue for all, so the last event says that no more come. */
class Record {
  readonly #its: Fs;
  readonly #dir: string;
  readonly #end: string;
  readonly log: unknown[] = [];
  readonly #watchers: fs.FSWatcher[] = [];
  #ended = 0;
  #count = 0;

  constructor(its: Fs, dir: string) {
    this.#its = its;
    this.#dir = dir;
    this.#end = join(dir, '../end');
    fs.mkdirSync(this.#end, { recursive: true });
    this.#watchers.push(its.watch(this.#end, () => this.#ended++));
  }

  at(name: string): string {
    return join(this.#dir, name);
  }

  watch(tag: string, path: string | Buffer | URL, options?: object | string): fs.FSWatcher {
    const watcher = this.#its.watch(path as string, options as fs.WatchOptions, (type, name) => {
      this.log.push([tag, type, name]);
    });
    watcher.on('close', () => this.log.push([tag, 'close']));
    watcher.on('error', (error) => this.log.push([tag, error]));
    this.#watchers.push(watcher);
    return watcher;
  }

  /** Resolves once all events so far are in the log. */
  async settle(): Promise<void> {
    const before = this.#ended;
    fs.mkdirSync(join(this.#end, String(this.#count++)));
    await until(() => this.#ended > before, 'the last event');
    this.log.push('settled');
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close();
  }
}

type Scenario = (record: Record, its: Fs) => unknown;

function both(name: string, scenario: Scenario): void {
  test(name, async () => {
    const seen: unknown[] = [];
    for (const its of [fs, ours]) {
      const dir = base('dir');
      fs.mkdirSync(join(dir, 'sub'), { recursive: true });
      fs.writeFileSync(join(dir, 'file'), 'file');
      fs.symlinkSync('sub', join(dir, 'link'));
      fs.symlinkSync('file', join(dir, 'filelink'));
      const record = new Record(its, dir);
      try {
        const value = await scenario(record, its);
        seen.push(new Description().of([value, record.log]));
      } finally {
        record.close();
        fs.rmSync(dir, { recursive: true, force: true });
        fs.rmSync(join(dir, '../end'), { recursive: true });
      }
    }
    expect(seen[1]).toStrictEqual(seen[0]);
  });
}

describe('as Node', () => {
  both('a folder', async (record) => {
    record.watch('dir', record.at(''));
    fs.writeFileSync(record.at('a'), 'x');
    fs.appendFileSync(record.at('a'), 'y');
    fs.chmodSync(record.at('a'), 0o600);
    fs.renameSync(record.at('a'), record.at('b'));
    fs.renameSync(record.at('b'), record.at('sub/b'));
    fs.renameSync(record.at('sub/b'), record.at('ż'));
    fs.linkSync(record.at('ż'), record.at('hard'));
    fs.unlinkSync(record.at('ż'));
    fs.mkdirSync(record.at('new'));
    fs.rmdirSync(record.at('new'));
    fs.chmodSync(record.at(''), 0o711);
    fs.writeFileSync(record.at('sub/inside'), 'x');
    await record.settle();
  });

  both('a file, in place and replaced', async (record) => {
    record.watch('file', record.at('file'));
    fs.appendFileSync(record.at('file'), 'x');
    fs.utimesSync(record.at('file'), 1, 1);
    await record.settle();
    fs.renameSync(record.at('file'), record.at('moved'));
    fs.writeFileSync(record.at('moved'), 'moved');
    await record.settle();
    fs.writeFileSync(record.at('file'), 'another');
    fs.unlinkSync(record.at('moved'));
    await record.settle();
    fs.writeFileSync(record.at('moved'), 'not heard of');
    await record.settle();
  });

  both('a folder that is moved, and removed', async (record) => {
    record.watch('sub', record.at('sub'));
    fs.renameSync(record.at('sub'), record.at('other'));
    fs.writeFileSync(record.at('other/x'), '');
    fs.unlinkSync(record.at('other/x'));
    await record.settle();
    fs.rmdirSync(record.at('other'));
    await record.settle();
  });

  both('links, and the same folder by several names', async (record) => {
    record.watch('link', record.at('link'));
    record.watch('sub', record.at('sub/'));
    record.watch('filelink', record.at('filelink'));
    record.watch('file', Buffer.from(record.at('file')));
    record.watch('url', pathToFileURL(record.at('sub')));
    fs.writeFileSync(record.at('sub/x'), '');
    fs.appendFileSync(record.at('file'), 'x');
    fs.chmodSync(record.at('sub'), 0o700);
    await record.settle();
  });

  both('encodings of names', async (record) => {
    for (const encoding of ['utf8', 'latin1', 'buffer', 'hex', 'base64', 'ucs2', 'ascii', undefined, null])
      record.watch(String(encoding), record.at('sub'), { encoding });
    record.watch('text', record.at('sub'), 'latin1');
    fs.writeFileSync(Buffer.concat([Buffer.from(record.at('sub/')), Buffer.from([0xc5, 0xbc, 0xff])]), '');
    await record.settle();
  });

  both('close, also twice and in a listener, and no event after it', async (record) => {
    const first = record.watch('first', record.at('sub'));
    const second = record.watch('second', record.at('sub'));
    first.on('change', () => second.close());
    fs.writeFileSync(record.at('sub/x'), 'x');
    await record.settle();
    first.close();
    record.log.push('closed');
    first.close();
    fs.writeFileSync(record.at('sub/y'), 'x');
    await record.settle();
    record.watch('third', record.at('sub'));
    fs.writeFileSync(record.at('sub/z'), 'x');
    await record.settle();
    return [first.ref() === first, first.unref() === first, first.constructor.name];
  });

  both('signal', async (record) => {
    const controller = new AbortController();
    record.watch('signal', record.at('sub'), { signal: controller.signal });
    record.watch('aborted', record.at('sub'), { signal: AbortSignal.abort() });
    fs.writeFileSync(record.at('sub/x'), '');
    await record.settle();
    controller.abort();
    fs.writeFileSync(record.at('sub/y'), '');
    await record.settle();
  });

  both('errors', (record, its) => {
    const rows: unknown[][] = [
      [record.at('none')],
      [Buffer.from(record.at('none'))],
      [record.at('file/x')],
      [''],
      [record.at('n'.repeat(300))],
      [],
      [5],
      ['a\0b'],
      [record.at('sub'), 5],
      [record.at('sub'), { encoding: 'zz' }],
      [record.at('sub'), { signal: 5 }],
      [record.at('none'), { recursive: true }],
      [record.at('none'), { persistent: false }, () => undefined],
    ];
    return rows.map((row) => thrown(() => (its.watch as (...args: unknown[]) => void)(...row)));
  });

  both('the function itself', (_, its) => [its.watch.name, its.watch.length]);

  both('ticks and promises run between two events', async (record, its) => {
    const order: string[] = [];
    const watcher = its.watch(record.at('sub'), (_, name) => {
      order.push(String(name));
      process.nextTick(() => order.push(`tick ${name}`));
      void Promise.resolve().then(() => order.push(`promise ${name}`));
    });
    for (const name of ['x', 'y', 'z']) fs.mkdirSync(record.at(`sub/${name}`));
    await record.settle();
    watcher.close();
    return order;
  });
});
