// The language server that editors ask: what it shows when one hovers over a name.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(__dirname, '../..');

interface Message {
  id?: number;
  method?: string;
  params?: { items?: unknown[] };
  result?: unknown;
  error?: { message: string };
}

export class LanguageServer {
  readonly #folder: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (answer: Message) => void>();
  #received = Buffer.alloc(0);
  #lastId = 0;

  constructor(folder: string) {
    this.#folder = folder;
    const args = [join(root, 'node_modules/typescript/bin/tsc'), '--lsp', '--stdio'];
    this.#process = spawn(process.execPath, args, { cwd: folder });
    this.#process.stdout.on('data', (data: Buffer) => this.#receive(data));
    this.#process.stderr.resume();
  }

  async start(): Promise<void> {
    const hover = { contentFormat: ['markdown'] };
    const capabilities = { textDocument: { hover } };
    const rootUri = pathToFileURL(this.#folder).href;
    await this.#ask('initialize', { processId: process.pid, rootUri, capabilities });
    this.#send({ method: 'initialized', params: {} });
  }

  /** Opens a file of the folder with this text. */
  open(name: string, text: string): void {
    const textDocument = { uri: this.#uri(name), languageId: 'typescript', version: 1, text };
    this.#send({ method: 'textDocument/didOpen', params: { textDocument } });
  }

  /** What is shown at a place in an open file, in Markdown. */
  async hover(name: string, line: number, character: number): Promise<string> {
    const at = { textDocument: { uri: this.#uri(name) }, position: { line, character } };
    const shown = (await this.#ask('textDocument/hover', at)) as { contents: { value: string } } | null;
    return shown?.contents.value ?? '';
  }

  async stop(): Promise<void> {
    const over = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await over;
  }

  #uri(name: string): string {
    return pathToFileURL(join(this.#folder, name)).href;
  }

  #send(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  #ask(method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) =>
        error === undefined ? resolve(result) : reject(new Error(`${method}: ${error.message}`)),
      );
    });
    this.#send({ id, method, params });
    return answer;
  }

  #receive(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data]);
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/Content-Length: (\d+)/.exec(this.#received.toString('utf8', 0, end))?.[1]);
      const next = end + 4 + length;
      if (this.#received.length < next) return;
      const message = JSON.parse(this.#received.toString('utf8', end + 4, next)) as Message;
      this.#received = this.#received.subarray(next);
      this.#handle(message);
    }
  }

  #handle({ id, method, params, result, error }: Message): void {
    if (id === undefined) return;
    // The server asks for settings, one for each item, and registers what it can do.
    if (method !== undefined) this.#send({ id, result: params?.items?.map(() => null) ?? null });
    else this.#waiting.get(id)?.({ result, ...(error === undefined ? {} : { error }) });
  }
}
