import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/model-path.ts';
import { resolveSettings } from '../config/resolve.ts';
import { readArguments } from './arguments.ts';
import { reportFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs a command line to its end.
 * @param args without node and the script
 * @returns the exit code: 0 done, 1 failed, 2 bad usage
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  let stack = false;
  try {
    const version = packageVersion();
    const command = readArguments(args, version);
    if (command.name === 'print') {
      terminal.stdout.write(`${command.text}\n`);
      return 0;
    }
    const { settings, warnings } = resolveSettings(command.flags, terminal.env);
    stack = settings.logLevel === 'debug' || settings.logLevel === 'trace';
    // Only a server needs the engine and the log; --help stays quick without them.
    const [{ runServer }, { serve }, { createLogger }] = await Promise.all([
      import('./serve.ts'),
      import('../compose.ts'),
      import('../telemetry/log.ts'),
    ]);
    // The log goes to stderr; stdout is for the banner.
    const format = settings.logFormat ?? (terminal.stderr.isTTY ? 'pretty' : 'json');
    const log = createLogger({ level: settings.logLevel, format });
    for (const warning of warnings) log.warn(warning);
    return await runServer({ settings, version, terminal, log, serve });
  } catch (error) {
    return reportFailure(error, terminal, stack);
  }
}

function packageVersion(): string {
  const content: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  return typeof content === 'object' && content !== null && 'version' in content ? String(content.version) : 'unknown';
}
