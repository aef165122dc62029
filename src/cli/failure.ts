import { InferenceError } from '../contract/errors.ts';
import { UsageError } from '../config/usage-error.ts';
import { CommandError } from './command-error.ts';
import { painter, type Terminal } from './terminal.ts';

/**
 * Tells a failure in one line on stderr.
 * @param stack whether the stack and the causes follow (log levels debug and trace)
 * @returns the exit code: 2 for bad usage, 1 for everything else
 */
export function reportFailure(error: unknown, terminal: Terminal, stack: boolean): number {
  const paint = painter(terminal.stderr, terminal.env);
  terminal.stderr.write(`${paint('red', 'hearth:')} ${sentence(error).replace(/\s*\n\s*/g, ' ')}\n`);
  if (stack) for (const line of stacks(error)) terminal.stderr.write(`${line}\n`);
  return error instanceof UsageError ? 2 : 1;
}

function sentence(error: unknown): string {
  if (error instanceof UsageError || error instanceof InferenceError || error instanceof CommandError)
    return error.message;
  if (!(error instanceof Error)) return `The server failed: ${String(error)}`;
  return networkSentence(error) ?? `The server failed: ${error.message} (--log-level debug shows where)`;
}

/** Why listening failed; Node puts address and port on the error, and the host of a failed look-up. */
function networkSentence(error: Error): string | undefined {
  const field = (name: string): unknown => Reflect.get(error, name);
  const place = `port ${String(field('port'))} on ${String(field('address'))}`;
  switch (field('code')) {
    case 'EADDRINUSE':
      return `Cannot listen: ${place} is already in use; stop what listens there, or choose another --port (0 picks a free one).`;
    case 'EACCES':
      if (field('syscall') !== 'listen') return undefined;
      return `Cannot listen: this user may not open ${place}; choose a --port from 1024 up.`;
    case 'EADDRNOTAVAIL':
      return `Cannot listen: ${String(field('address'))} is no address of this machine; change --host.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `Cannot listen: the host name ${String(field('hostname'))} is not known; change --host.`;
    default:
      return undefined;
  }
}

function stacks(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return [error.stack ?? error.message, ...stacks(error.cause).map((line) => `caused by ${line}`)];
}
