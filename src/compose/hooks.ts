import type { Logger } from '../telemetry/log.ts';

export interface LoadHooks {
  log: Logger;
  /** Called with the share of the model that is loaded, 0 to 1. */
  onLoadProgress?: (fraction: number) => void;
}
