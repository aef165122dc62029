import { InferenceError } from '../contract/errors.ts';
import type { Call } from './dialect.ts';

/** A route that no engine here can answer; whatever is sent to it, it says so. */
export function notYet(paths: readonly string[], what: string): Call {
  return {
    kind: 'call',
    method: 'POST',
    paths,
    doc: { summary: `${what}: not there yet`, description: 'Answers 501 to every request.' },
    run: async () => {
      throw new InferenceError('unsupported', `${what} is not there yet: no engine of this server can do it.`);
    },
  };
}
