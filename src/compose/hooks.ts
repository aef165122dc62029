import type { PullOptions } from '../hub/index.ts';
import type { Logger } from '../telemetry/log.ts';

export interface LoadHooks {
  log: Logger;
  /** Called with the share of the model that is loaded, 0 to 1. */
  onLoadProgress?: (fraction: number) => void;
  /** How models that are fetched first are told about; the variables are the process's own, but for tests. */
  pull?: Partial<Pick<PullOptions, 'confirm' | 'onNote' | 'onProgress' | 'signal'>> & { env?: NodeJS.ProcessEnv };
}
