import { inBytes } from '../contract/memory.ts';
import { parseModelName, removeModel } from '../hub/index.ts';
import type { HubCommand } from './hub-command.ts';

/**
 * Removes a model from this machine.
 * @throws InferenceError as `removeModel`
 */
export async function runRemove({ model, settings, terminal }: HubCommand): Promise<number> {
  const { names, bytes } = await removeModel(parseModelName(model, settings), settings);
  for (const name of names) terminal.stdout.write(`Removed ${name}\n`);
  terminal.stderr.write(`${inBytes(bytes)} became free.\n`);
  return 0;
}
