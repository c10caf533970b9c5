// The control socket with clients that stop, flood it or stay silent, and with processes that are stopped.
import { readdirSync, readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { supported } from '../../lib';
import { Child, stop } from '../fixtures/processes';
import { dist, withFifo } from '../table/tools';
import {
  clean,
  json,
  killAllAfterwards,
  pendingop,
  type SeenProcess,
  seen,
  start,
  until,
  withRuntimeFolder,
} from './tools';

const runtime = withRuntimeFolder();
let sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
});

class Client {
  heard = '';
  closed = false;
  failed = '';
  readonly socket: Socket;

  constructor(path: string, text = '', allowHalfOpen = false) {
    this.socket = createConnection({ path, allowHalfOpen }, () => {
      if (text !== '') this.socket.write(text);
    });
    sockets.push(this.socket);
    this.socket
      .setEncoding('utf8')
      .on('data', (piece: string) => (this.heard += piece))
      .on('error', (error: NodeJS.ErrnoException) => (this.failed = error.code ?? error.message))
      .on('close', () => (this.closed = true));
  }

  async lines(count: number): Promise<Record<string, unknown>[]> {
    const all = (): string[] => this.heard.split('\n').slice(0, -1);
    await until(
      () => all().length >= count || this.closed,
      `${count} answers; heard: ${this.heard.slice(-200)}`,
    );
    return all().map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

const HELLO = '{"v":1,"do":"hello"}\n';
const ticksOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
};

describe('a process that is stopped', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('whose backlog is full does not delay the start of another one', async () => {
    const stopped = await start('controlled.cjs', [dist, fifo().path, '1'], { env: runtime.env });
    await stop(stopped.pid);
    // Connects until the system refuses a client.
    let full = false;
    while (!full && sockets.length < 5000) {
      const client = new Client(runtime.socketOf(stopped.pid));
      await until(() => !client.socket.connecting || client.closed, 'a connection or none');
      full = client.failed === 'EAGAIN';
    }
    expect(full).toBe(true);
    const next = await start('controlled.cjs', [dist, '/', '0'], { env: runtime.env });
    expect(readdirSync(join(runtime.folder, 'pendingop'))).toHaveLength(2);
    expect(await new Client(runtime.socketOf(next.pid), HELLO).lines(1)).toEqual([
      { v: 1, ok: true, pid: next.pid },
    ]);
    stopped.kill('SIGCONT');
    const { ops } = await seen(stopped.pid, ({ control }) => control, runtime.env);
    expect(ops).toHaveLength(1);
  });
});

describe('clients', () => {
  killAllAfterwards();
  const fifo = withFifo();
  const controlled = (count = '0'): Promise<Child> =>
    start('controlled.cjs', [dist, fifo().path, count], { env: runtime.env });

  it('that stay silent keep nobody out: the one that was silent longest is disconnected', async () => {
    const child = await controlled();
    const path = runtime.socketOf(child.pid);
    const speaking = new Client(path, HELLO);
    await speaking.lines(1);
    const silent: Client[] = [];
    for (let i = 0; i < 31; i++) {
      const client = new Client(path);
      silent.push(client);
      await until(() => !client.socket.connecting, 'connected');
    }
    // It has sent something since, so another one is disconnected.
    speaking.socket.write(HELLO);
    await speaking.lines(2);
    for (let i = 0; i < 40; i++) {
      expect(await new Client(path, HELLO).lines(1)).toEqual([{ v: 1, ok: true, pid: child.pid }]);
      speaking.socket.write(HELLO);
      expect(await speaking.lines(3 + i)).toHaveLength(3 + i);
    }
    await until(() => silent.every(({ closed }) => closed), 'the silent ones have been closed');
  });

  it('that come all at once are all answered', async () => {
    const child = await controlled();
    const path = runtime.socketOf(child.pid);
    const all = Array.from({ length: 28 }, () => new Client(path, HELLO));
    for (const client of all) expect([await client.lines(1), client.failed]).toEqual([expect.anything(), '']);
  });

  it('that send many requests at once wait for their own answers and delay no other client', async () => {
    const child = await controlled('500');
    await seen(child.pid, ({ ops }) => ops?.length === 500, runtime.env);
    const path = runtime.socketOf(child.pid);
    const order: string[] = [];
    const flood = new Client(path, '{"v":1,"do":"list"}\n'.repeat(200));
    let answers = 0;
    flood.socket.on('data', (text: unknown) => {
      answers += String(text).split('\n').length - 1;
      if (answers === 200) order.push('flood');
    });
    await until(() => flood.heard.length > 0, 'the flood has begun');
    await new Client(path, HELLO).lines(1);
    order.push('hello');
    await until(() => answers === 200, 'the flood was answered');
    expect(order).toEqual(['hello', 'flood']);
  });

  it('that send requests and close their side get all answers', async () => {
    const child = await controlled('1');
    const client = new Client(runtime.socketOf(child.pid), '', true);
    client.socket.end(`${HELLO.repeat(20)}{"v":1,"do":"list"}\n`);
    expect(await client.lines(21)).toHaveLength(21);
    await until(() => client.closed || client.socket.readableEnded, 'the connection ends');
  });

  it('that send a line in pieces, or text that is no request, are answered', async () => {
    const child = await controlled('1');
    const client = new Client(runtime.socketOf(child.pid), '{"v":1,"do":');
    await new Client(runtime.socketOf(child.pid), HELLO).lines(1);
    client.socket.write('"hello"}\n');
    expect(await client.lines(1)).toEqual([{ v: 1, ok: true, pid: child.pid }]);
    client.socket.write(Buffer.concat([Buffer.from([0, 0xff, 0xfe, 0x1b, 0x80]), Buffer.from('\n')]));
    client.socket.write('{"v":1,"do":"list","under":5}\n{"v":1,"do":"list","under":"tmp"}\n');
    expect((await client.lines(4)).slice(1).map(({ code }) => code)).toEqual(['EINVAL', 'EINVAL', 'EINVAL']);
  });

  it('are answered by a process without a free descriptor; its thread rests afterwards', async () => {
    const child = Child.start(
      'sh',
      [
        '-c',
        'ulimit -n 64; exec "$0" "$@"',
        process.execPath,
        '-e',
        `
        require(${JSON.stringify(`${dist}/index.js`)}).configure({ control: true });
        const fs = require('node:fs');
        process.stdin.resume();
        const { stdout } = process;
        stdout.write('begun\\n', () => {
          try { for (;;) fs.openSync('/dev/null'); } catch ({ code }) { stdout.write(code + '\\n'); }
        });`,
      ],
      { env: { ...clean(), ...runtime.env } },
    );
    await child.says('EMFILE');
    for (let i = 0; i < 3; i++)
      expect(await new Client(runtime.socketOf(child.pid), HELLO).lines(1)).toEqual([
        { v: 1, ok: true, pid: child.pid },
      ]);
    // Two stay connected: the second has taken the place of the first.
    const first = new Client(runtime.socketOf(child.pid), HELLO);
    await first.lines(1);
    const second = new Client(runtime.socketOf(child.pid), HELLO);
    expect(await second.lines(1)).toHaveLength(1);
    await until(() => first.closed, 'the first was closed');
    // A busy thread would use 100 ticks a second; `ps` alone takes longer than ten ticks.
    const before = ticksOf(child.pid);
    await pendingop(['ps', String(child.pid)], runtime.env);
    expect(ticksOf(child.pid) - before).toBeLessThan(5);
  });
});

describe('the commands', () => {
  killAllAfterwards();
  const fifo = withFifo();

  it('wait for the outcome of an interrupt until its grace is over', async () => {
    // The loop is blocked, so the outcome is known only when the grace is over.
    const go = `${fifo().path}.track`;
    const child = await start('loop-ops.cjs', [dist, go, 'busy'], { env: runtime.env });
    const listed = await seen(child.pid, ({ ops }: SeenProcess) => (ops?.length ?? 0) > 0, runtime.env);
    const op = listed.ops?.[0]?.op as string;
    const outcomes = await json<{ outcome: string }[]>(
      ['interrupt', String(child.pid), op, '--grace=5500'],
      runtime.env,
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['deferred']);
  }, 60_000);

  it('report a stopped process in one line', async () => {
    const child = await start('controlled.cjs', [dist, fifo().path, '1'], { env: runtime.env });
    await stop(child.pid);
    const { code, stderr } = await pendingop(['interrupt', String(child.pid), '/'], runtime.env);
    expect([code, stderr]).toEqual([
      3,
      `pendingop: Process ${child.pid} is stopped, frozen or held by a debugger, and answers once it goes on: \`pendingop ps ${child.pid}\` says which\n`,
    ]);
  });
});

describe('two copies of the addon in a process', () => {
  killAllAfterwards();

  it('share one socket: the first one’s', async () => {
    // Without an addon there is no socket.
    if (!supported.native) return;
    const copy = join(runtime.folder, 'copy.node');
    const script = `const { configure } = require(${JSON.stringify(`${dist}/index.js`)});
      configure({ control: true });
      const { copyFileSync } = require('node:fs');
      copyFileSync(process.argv[1], ${JSON.stringify(copy)});
      console.log(require(${JSON.stringify(copy)}).openControl());
      setInterval(() => undefined, 60000);`;
    const child = Child.node(script, [process.env.PENDINGOP_ADDON ?? ''], {
      env: { ...clean(), ...runtime.env },
    });
    await child.says('\n');
    expect(child.stdout).toBe(`${-constants.errno.EADDRINUSE}\n`);
    expect(await new Client(runtime.socketOf(child.pid), HELLO).lines(1)).toHaveLength(1);
  });

  it('the second one says why it has none', async () => {
    if (!supported.native) return;
    const copy = join(runtime.folder, 'copy.node');
    const script = `require('node:fs').copyFileSync(process.argv[1], ${JSON.stringify(copy)});
      require(${JSON.stringify(copy)}).openControl();
      try {
        require(${JSON.stringify(`${dist}/index.js`)}).configure({ control: true });
      } catch ({ code, syscall, message }) {
        console.log(code, syscall, message);
      }
      process.exit();`;
    const child = Child.node(script, [process.env.PENDINGOP_ADDON ?? ''], {
      env: { ...clean(), ...runtime.env },
    });
    expect((await child.wait()).code).toBe(0);
    expect(child.stdout).toBe(
      'EADDRINUSE listen EADDRINUSE: address already in use, listen on the control socket: another version of pendingop ' +
        'in this process has opened it; `npm dedupe` leaves one version\n',
    );
  });
});
