import type { HubChoices, HubCommandName } from '../config/hub-settings.ts';
import type { Terminal } from './terminal.ts';

/** A command about models that are on a hub or on this machine. */
export interface HubCommand extends HubChoices {
  name: HubCommandName;
  /** The model's name; empty where a command goes without one. */
  model: string;
  terminal: Terminal;
}

const commands: Record<HubCommandName, () => Promise<(command: HubCommand) => Promise<number>>> = {
  pull: async () => (await import('./pull.ts')).runPull,
  list: async () => (await import('./list.ts')).runList,
  show: async () => (await import('./show.ts')).runShow,
  rm: async () => (await import('./rm.ts')).runRemove,
  verify: async () => (await import('./verify.ts')).runVerify,
};

/** Runs it. @returns the exit code @throws what the command throws */
export async function runHubCommand(command: HubCommand): Promise<number> {
  const run = await commands[command.name]();
  return await run(command);
}
