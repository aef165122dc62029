import { inBytes } from '../contract/memory.ts';
import { describeModel, installedModels, usualWaits, type Installed } from '../hub/index.ts';
import type { HubCommand } from './hub-command.ts';
import { painter } from './terminal.ts';

/** Lists the models in the caches on stdout. */
export async function runList({ settings, json, terminal }: HubCommand): Promise<number> {
  const { stdout, env } = terminal;
  const models = await installedModels(settings);
  const options = {
    settings: { ...settings, offline: true },
    waits: usualWaits,
    memory: Infinity,
    onNote: () => {},
    confirm: undefined,
  };
  const rows: { model: Installed; context: number | undefined }[] = [];
  for (const model of models) {
    // A damaged file is listed all the same; verify tells about it.
    const described = await describeModel(model.path, options).catch(() => undefined);
    rows.push({ model, context: described?.trainedContext });
  }
  if (json) {
    const list = rows.map(({ model: { name, format, quantization, bytes, lastUsed, path }, context }) => ({
      name,
      format,
      quantization: quantization ?? null,
      bytes,
      contextSize: context ?? null,
      lastUsed: new Date(lastUsed).toISOString(),
      path,
    }));
    stdout.write(`${JSON.stringify(list, null, 2)}\n`);
    return 0;
  }
  if (rows.length === 0) {
    stdout.write('No model has been fetched; hearth pull hf:owner/repo fetches one.\n');
    return 0;
  }
  const cells = rows.map(({ model, context }) => [
    model.name,
    inBytes(model.bytes),
    model.format,
    model.quantization ?? '–',
    context === undefined ? '–' : String(context),
    new Date(model.lastUsed).toISOString().slice(0, 16).replace('T', ' '),
  ]);
  const head = ['NAME', 'SIZE', 'FORMAT', 'QUANTIZATION', 'CONTEXT', 'LAST USED'];
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  stdout.write(`${painter(stdout, env)('bold', line(head))}\n${cells.map((row) => `${line(row)}\n`).join('')}`);
  return 0;
}
