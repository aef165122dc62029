import { CommandError } from './command-error.ts';
import type { HubCommand } from './hub-command.ts';

export async function runRemove({ name }: HubCommand): Promise<number> {
  throw new CommandError(name);
}
