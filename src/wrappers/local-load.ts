import type { LocalConfig } from './model-config.ts';

/** A config's `load_args` by the names of `loadModel`: `context_size` and `context-size` are `contextSize`. */
export function localLoadOptions({ load_args: args = {} }: LocalConfig): Record<string, unknown> {
  const camel = (key: string): string => key.replace(/[-_]([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(args).map(([key, value]) => [camel(key), value]));
}
