import type { Logger } from 'pino';
import type { serve, Served } from '../compose.ts';
import { servedModels } from '../config/served-models.ts';
import type { Settings } from '../config/settings.ts';
import { banner } from './banner.ts';
import { progressBar } from './progress.ts';
import { stopSignals, type StopSignals } from './signals.ts';
import { painter, type Terminal } from './terminal.ts';

export interface ServerCommand {
  settings: Settings;
  version: string;
  terminal: Terminal;
  log: Logger;
  serve: typeof serve;
}

/**
 * Loads, serves until a signal comes, and drains.
 * @returns the exit code: 0 after a drain, 1 when a second signal cut it short
 * @throws whatever loading and listening throw
 */
export async function runServer(command: ServerCommand): Promise<number> {
  const { settings, version, terminal } = command;
  const files = servedModels(settings).map(({ file }) => file);
  const signals = stopSignals();
  const progress = progressBar('Loading', terminal);
  try {
    const loading = command.serve(settings, {
      log: command.log,
      onLoadProgress: (fraction) => progress.update(fraction),
    });
    const served = await Promise.race([loading, signals.first]);
    progress.stop();
    if (served === 'stop') return 0;
    const pathOf = (id: string): string => files.find((file) => file.id === id)?.path ?? '';
    const models = served.models.map((info) => ({ info, file: pathOf(info.id) }));
    const later = served.statuses.filter(({ info }) => info === undefined).map(({ id }) => ({ id, file: pathOf(id) }));
    const running = { version, url: served.url, models, later, keys: settings.apiKey.length > 0 };
    terminal.stdout.write(banner(running, painter(terminal.stdout, terminal.env)));
    return await untilStopped(served, signals, command);
  } finally {
    progress.stop();
    signals.close();
  }
}

async function untilStopped(served: Served, signals: StopSignals, command: ServerCommand): Promise<number> {
  const ended = await Promise.race([served.closed, signals.first]);
  if (ended !== 'stop') return 0;
  const seconds = command.settings.drainTimeout;
  command.terminal.stdout.write(`Stopping: running requests get up to ${seconds} s; a second signal ends at once.\n`);
  const drained = await Promise.race([served.close(), signals.second]);
  return drained === 'kill' ? 1 : 0;
}
