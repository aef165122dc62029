import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/model-path.ts';
import { resolveHub } from '../config/hub-settings.ts';
import { resolveBench, type BenchFlags } from '../config/resolve-bench.ts';
import { resolveSettings, type Flags } from '../config/resolve.ts';
import { resolveChat, type ChatFlags } from '../config/resolve-chat.ts';
import type { Settings } from '../config/settings.ts';
import type { Model } from '../contract/model.ts';
import type { Logger } from '../telemetry/log.ts';
import { readArguments } from './arguments.ts';
import { reportFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/**
 * Runs a command line to its end.
 * @param args without node and the script
 * @returns the exit code: 0 done, 1 failed, 2 bad usage
 */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const failed = { stack: false };
  try {
    const version = packageVersion();
    const command = readArguments(args, version);
    if (command.name === 'print') {
      terminal.stdout.write(`${command.text}\n`);
      return 0;
    }
    const around = { version, terminal, failed };
    if (command.name === 'serve') return await serveCommand(command.flags, around);
    if (command.name === 'chat') return await chatCommand(command.flags, command.target, around);
    if (command.name === 'bench') return await benchCommand(command.flags, command.url, around);
    const { runHubCommand } = await import('./hub-command.ts');
    const choices = resolveHub(command.name, command.flags, terminal.env);
    return await runHubCommand({ ...choices, name: command.name, model: command.model, terminal });
  } catch (error) {
    return reportFailure(error, terminal, failed.stack);
  }
}

interface Surroundings {
  version: string;
  terminal: Terminal;
  /** How a failure is told: set once the settings are known. */
  failed: { stack: boolean };
}

async function serveCommand(flags: Flags, { version, terminal, failed }: Surroundings): Promise<number> {
  const { settings, warnings } = resolveSettings(flags, terminal.env);
  failed.stack = wantsStack(settings);
  // Only a server needs the engine and the log; --help stays quick without them.
  const [{ runServer }, { serve, withLocalModels }, log] = await Promise.all([
    import('./serve.ts'),
    import('../compose.ts'),
    openLog(settings, warnings, terminal),
  ]);
  const { whileFetching } = await import('./fetching.ts');
  const local = await whileFetching(terminal, (pull) => withLocalModels(settings, { log, pull }));
  return await runServer({ settings: local, version, terminal, log, serve });
}

async function benchCommand(flags: BenchFlags, url: string | undefined, around: Surroundings): Promise<number> {
  const { version, terminal, failed } = around;
  const { bench, measured, warnings } = resolveBench(flags, url, terminal.env);
  const { runBench } = await import('./bench.ts');
  if (measured.kind !== 'model') return await runBench({ bench, measured, version, terminal });
  failed.stack = wantsStack(measured.settings);
  const [{ loadModel, withLocalModels }, log] = await Promise.all([
    import('../compose.ts'),
    openLog(measured.settings, warnings, terminal),
  ]);
  const { whileFetching } = await import('./fetching.ts');
  const settings = await whileFetching(terminal, (pull) => withLocalModels(measured.settings, { log, pull }));
  const load = { settings, log, loadModel };
  return await runBench({ bench, measured: { kind: 'model', ...load }, version, terminal });
}

async function chatCommand(flags: ChatFlags, target: string | undefined, around: Surroundings): Promise<number> {
  const { terminal, failed } = around;
  const { chat, talked, warnings } = resolveChat(flags, target, terminal.env);
  const [{ runChat }, { openChat }] = await Promise.all([import('./chat.ts'), import('./chat-model.ts')]);
  const load = async (): Promise<Model> => {
    if (talked.kind !== 'model') throw new Error('only a model in this process is loaded');
    const { settings, quiet } = talked;
    failed.stack = wantsStack(settings);
    // What a server tells about itself would stand in the middle of the conversation.
    const logged = quiet ? { ...settings, logLevel: 'warn' as const } : settings;
    const [{ loadModel, withLocalModels }, { whileFetching }, { progressBar }, log] = await Promise.all([
      import('../compose.ts'),
      import('./fetching.ts'),
      import('./progress.ts'),
      openLog(logged, warnings, terminal),
    ]);
    const local = await whileFetching(terminal, (pull) => withLocalModels(settings, { log, pull }));
    const progress = progressBar('Loading', terminal);
    const onLoadProgress = (fraction: number): void => progress.update(fraction);
    return await loadModel(local, { log, onLoadProgress }).finally(() => progress.stop());
  };
  const opened = await openChat(talked, chat, terminal, load);
  try {
    return await runChat({ chat, opened, terminal: { stdin: process.stdin, ...terminal } });
  } finally {
    await opened.close();
  }
}

function wantsStack({ logLevel }: Settings): boolean {
  return logLevel === 'debug' || logLevel === 'trace';
}

/** The log goes to stderr; stdout is for what a command prints. */
async function openLog(settings: Settings, warnings: readonly string[], terminal: Terminal): Promise<Logger> {
  const { createLogger } = await import('../telemetry/log.ts');
  const format = settings.logFormat ?? (terminal.stderr.isTTY ? 'pretty' : 'json');
  const log = createLogger({ level: settings.logLevel, format });
  for (const warning of warnings) log.warn(warning);
  return log;
}

function packageVersion(): string {
  const content: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  return typeof content === 'object' && content !== null && 'version' in content ? String(content.version) : 'unknown';
}
