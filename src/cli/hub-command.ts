import type { HubChoices, HubCommandName } from '../config/hub-settings.ts';
import type { Terminal } from './terminal.ts';

/** A command about models that are on a hub or on this machine. */
export interface HubCommand extends HubChoices {
  name: HubCommandName;
  /** The model's name; empty where a command goes without one. */
  model: string;
  terminal: Terminal;
}

/** Runs it. @returns the exit code @throws what the command throws */
export async function runHubCommand(command: HubCommand): Promise<number> {
  switch (command.name) {
    case 'pull':
      return await (await import('./pull.ts')).runPull(command);
    case 'list':
      return await (await import('./list.ts')).runList(command);
    case 'show':
      return await (await import('./show.ts')).runShow(command);
    case 'rm':
      return await (await import('./rm.ts')).runRemove(command);
    case 'verify':
      return await (await import('./verify.ts')).runVerify(command);
  }
}
