import { PassThrough } from 'node:stream';

/** A stream for a command to write on, which keeps what was written. */
export type Screen = NodeJS.WriteStream & { text(): string };

export function screen(isTTY = false): Screen {
  const stream = new PassThrough({ encoding: 'utf8' });
  let written = '';
  stream.on('data', (text: string) => (written += text));
  return Object.assign(stream, { isTTY, columns: 80, text: () => written }) as unknown as Screen;
}
