import { inBytes } from '../contract/memory.ts';
import { parseModelName, verifyModels } from '../hub/index.ts';
import { whileFetching } from './fetching.ts';
import type { HubCommand } from './hub-command.ts';

/**
 * Checks the sums of a model, or of all; a line each on stdout.
 * @returns the exit code: 1 where a file is damaged
 * @throws InferenceError as `verifyModels`
 */
export async function runVerify({ model, settings, terminal }: HubCommand): Promise<number> {
  const name = model === '' ? undefined : parseModelName(model, settings);
  return await whileFetching(terminal, async ({ signal }) => {
    let code = 0;
    for await (const { name: title, damaged, unknown, bytes } of verifyModels(name, settings, signal)) {
      if (damaged.length > 0) code = 1;
      const again = `DAMAGED: ${damaged.join(', ')}; fetch it again: hearth rm ${title} && hearth pull ${title}`;
      const unsure = unknown.length === 0 ? `right, ${inBytes(bytes)}` : `no sum is known for ${unknown.join(', ')}`;
      terminal.stdout.write(`${title}: ${damaged.length > 0 ? again : unsure}\n`);
    }
    return code;
  });
}
