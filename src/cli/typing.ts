import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

/** What is typed into a chat: edited and echoed on a terminal, just read elsewhere. */
export class Typing {
  readonly #lines: Interface;
  readonly #stdout: NodeJS.WriteStream;
  readonly #echo: Echo | undefined;
  /** The lines of a message that is not whole yet. */
  #open: string[] = [];
  /** Lines that were typed while nothing was echoed, and are still to be read. */
  #ahead = 0;
  /** The last key was a Ctrl-C where there was nothing to drop. */
  #leaving = false;
  #closed = false;

  /** @param interactive whether a person sits at both ends @param onInterrupt called at Ctrl-C */
  constructor(
    { stdin, stdout }: { stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream },
    interactive: boolean,
    onInterrupt: () => void,
  ) {
    this.#stdout = stdout;
    this.#echo = interactive ? new Echo(stdout) : undefined;
    this.#lines = createInterface({
      input: stdin,
      ...(this.#echo && { output: this.#echo }),
      terminal: interactive,
      prompt: '> ',
    });
    // A terminal in raw mode gives a key.
    this.#lines.on('SIGINT', onInterrupt);
    this.#lines.on('close', () => (this.#closed = true));
    this.#lines.on('line', (line) => {
      this.#leaving = false;
      if (this.#echo === undefined) return;
      if (this.#echo.quiet) this.#ahead += 1;
      this.#echo.quiet ||= !line.endsWith('\\');
    });
  }

  /** Asks for a message on a terminal; nothing that is typed is echoed from its end to the next call. */
  prompt(): void {
    if (this.#echo === undefined || this.#closed || this.#ahead > 0) return;
    const typed = this.#lines.line;
    this.#drop();
    this.#echo.quiet = false;
    this.#lines.prompt();
    if (typed !== '') this.#lines.write(typed);
  }

  /** Drops what has been typed of a message; where that is nothing, tells how to leave, and leaves the second time. */
  interrupt(): void {
    const nothing = this.#lines.line === '' && this.#open.length === 0;
    if (nothing && this.#leaving) {
      this.#lines.close();
      return;
    }
    this.#leaving = nothing;
    if (!nothing) {
      this.#open = [];
      // What has been typed stays to be seen.
      this.#lines.write(null, { ctrl: true, name: 'e' });
      this.#drop();
    }
    this.#stdout.write(nothing ? '\n(Ctrl-C again, Ctrl-D or /exit leaves)\n' : '^C\n');
    this.prompt();
  }

  /** The messages: lines, those joined that end with a backslash; or all of them as one. */
  async *messages(whole: boolean): AsyncGenerator<string, void, void> {
    for await (const line of this.#lines) {
      this.#show(line);
      this.#open.push(line);
      if (whole) continue;
      if (line.endsWith('\\')) {
        this.#open[this.#open.length - 1] = line.slice(0, -1);
        continue;
      }
      yield this.#taken();
    }
    if (this.#open.length > 0 || whole) yield this.#taken();
  }

  /** Reads no more. On a terminal whatever comes next begins a line. */
  close(): void {
    this.#lines.close();
    if (this.#echo?.quiet === false) this.#stdout.write('\n');
  }

  #taken(): string {
    const message = this.#open.join('\n');
    this.#open = [];
    return message;
  }

  /** Writes a line that was typed ahead where it is read. */
  #show(line: string): void {
    if (this.#ahead === 0) return;
    this.#ahead -= 1;
    this.#stdout.write(`${this.#open.length === 0 ? '> ' : ''}${line}\n`);
  }

  /** Forgets the line that is being typed, without a trace on the screen. */
  #drop(): void {
    if (this.#echo === undefined) return;
    const { quiet } = this.#echo;
    this.#echo.quiet = true;
    this.#lines.write(null, { ctrl: true, name: 'e' });
    this.#lines.write(null, { ctrl: true, name: 'u' });
    this.#echo.quiet = quiet;
  }
}

/** Where readline draws. While an answer is written it must not: keys would appear in its midst, and edits erase it. */
class Echo extends Writable {
  quiet = false;
  readonly #stdout: NodeJS.WriteStream;

  constructor(stdout: NodeJS.WriteStream) {
    super({ decodeStrings: false });
    this.#stdout = stdout;
    stdout.on('resize', () => this.emit('resize'));
  }

  get columns(): number {
    return this.#stdout.columns;
  }

  override _write(text: string, _encoding: BufferEncoding, done: () => void): void {
    if (!this.quiet) this.#stdout.write(text);
    done();
  }
}
