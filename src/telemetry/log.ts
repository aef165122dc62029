import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import pretty from 'pino-pretty';

export type { Logger } from 'pino';

export interface LogSettings {
  level: string;
  format: 'pretty' | 'json';
  /** Where lines go; stderr unless given, so that stdout stays for the banner. */
  destination?: DestinationStream;
}

/** The log of the process. Lines are written at once, so that none is lost when it ends. */
export function createLogger({ level, format, destination }: LogSettings): Logger {
  const options = {
    level,
    redact: ['authorization', '["x-api-key"]', 'headers.authorization', 'headers["x-api-key"]'],
  };
  if (format === 'json') return pino(options, destination ?? pino.destination({ dest: 2, sync: true }));
  return pino(
    options,
    pretty({
      destination: destination ?? 2,
      sync: true,
      colorize: colours(),
      singleLine: true,
      ignore: 'pid,hostname',
    }),
  );
}

/** Colours on a terminal, unless NO_COLOR (https://no-color.org) has a value. */
function colours(): boolean {
  const { NO_COLOR: without = '', TERM: terminal } = process.env;
  return process.stderr.isTTY && without === '' && terminal !== 'dumb';
}
