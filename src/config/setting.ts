import type { ZodType } from 'zod';

/** The headings of `--help` and of the README's table, in this order. */
export const groups = [
  'Model',
  'Several models',
  'Prompt cache',
  'Server',
  'Limits',
  'Defaults for requests',
  'Access',
  'Logs',
] as const;

/** The headings of `hearth bench --help` beside `Model`, in this order. */
export const benchGroups = ['Load', 'Prompts', 'Server', 'Report'] as const;

/** The headings of `hearth chat --help` beside `Server` and `Model`. */
export const chatGroups = ['Chat'] as const;

/** One setting, declared once: flag, variable, config key, check, help and table all come from here. */
export interface Setting<Value> {
  group: (typeof groups | typeof benchGroups | typeof chatGroups)[number];
  /** Takes texts (flags, variables) and JSON values (config files). Its messages complete "--port must be …". */
  schema: ZodType<Value>;
  default: NoInfer<Value>;
  /** The default in words, where the value itself does not say it. */
  defaultText?: string;
  /** What the setting does, without a final stop. */
  help: string;
  /** Further names of the flag and of the config key, without dashes. */
  aliases?: readonly string[];
  /** The flag may be repeated, the variable holds commas, the config key a list. */
  list?: boolean;
  /** A path: in a config file it is relative to that file. A pattern tells those values that are paths. */
  path?: boolean | RegExp;
  /** The flag takes no value. */
  toggle?: boolean;
  /** Never shown in a message. */
  secret?: boolean;
}

/** Declares a setting that always has a value. */
export function setting<Value>(declaration: Setting<Value>): Setting<Value> {
  return declaration;
}

/** Declares a setting that may stay open; `defaultText` says what happens then. */
export function optional<Value>(
  declaration: Omit<Setting<Value>, 'default' | 'defaultText'> & { defaultText: string },
): Setting<Value | undefined> {
  return { ...declaration, default: undefined };
}

/** The default as `--help` and the README show it. */
export function defaultText(declaration: Setting<unknown>): string {
  return declaration.defaultText ?? String(declaration.default);
}
