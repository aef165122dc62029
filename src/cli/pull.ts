import { inBytes } from '../contract/memory.ts';
import { parseModelName, pullModel, usualWaits, type PullOptions } from '../hub/index.ts';
import { whileFetching } from './fetching.ts';
import type { HubCommand } from './hub-command.ts';

/**
 * Fetches a model and prints its path on stdout.
 * @throws InferenceError as `pullModel`
 */
export async function runPull({ model, settings, yes, terminal }: HubCommand): Promise<number> {
  const local = await whileFetching(terminal, ({ signal, onNote, onProgress, confirm }) => {
    const options: PullOptions = {
      settings,
      signal,
      waits: usualWaits,
      memory: process.availableMemory(),
      onNote,
      onProgress,
      confirm: yes ? () => Promise.resolve(true) : confirm,
    };
    return pullModel(parseModelName(model, settings), options);
  });
  const what = [local.quantization, inBytes(local.bytes)].filter((word) => word !== undefined).join(', ');
  const came = local.fetched === 0 ? 'already here' : `${inBytes(local.fetched)} fetched`;
  terminal.stderr.write(`${local.title} (${what}): ${came}, checked.\n`);
  terminal.stdout.write(`${local.path}\n`);
  return 0;
}
