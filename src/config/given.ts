import { flagName } from './names.ts';
import type { Setting } from './setting.ts';
import { UsageError } from './usage-error.ts';
import { declarationOf, type SettingName } from './settings.ts';

/** Where a value came from, strongest first. */
export type Source = 'flag' | 'env' | 'file' | 'default';

/** A value as somebody wrote it, not checked yet. */
export interface Given {
  name: SettingName;
  raw: unknown;
  source: Source;
  /** What the writer knows it by: `--port`, `HEARTH_PORT`, `hearth.yaml: port`. */
  label: string;
}

/** Checks a value of a server's setting. @throws UsageError as `checkedValue` */
export function checked(given: Given): unknown {
  return checkedValue(declarationOf(given.name), given.raw, given.label);
}

/**
 * Checks a value against its declaration.
 * @throws UsageError that names the label, what is expected and the value (never a secret one)
 */
export function checkedValue(declaration: Setting<unknown>, raw: unknown, label: string): unknown {
  const result = declaration.schema.safeParse(raw);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const wrong = at(raw, issue?.path ?? []);
  const shown = declaration.secret === true ? '' : `, not ${describe(wrong)}`;
  throw new UsageError(`${label} must be ${issue?.message ?? 'something else'}${shown}.`);
}

/**
 * Checks the flags of a command that knows no other source.
 * @param flags one value, or all of them where a flag was repeated
 * @returns a value for every declared name @throws UsageError as `checkedValue`, and for a flag that was given twice
 */
export function checkedFlags(
  declarations: Readonly<Record<string, Setting<unknown>>>,
  flags: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const values = Object.entries(declarations).map(([name, declaration]) => {
    const raw = flags[name];
    const label = `--${flagName(name)}`;
    if (Array.isArray(raw)) throw new UsageError(`${label} was given ${raw.length} times; give it once.`);
    return [name, raw === undefined ? declaration.default : checkedValue(declaration, raw, label)] as const;
  });
  return Object.fromEntries(values);
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  const [index] = path;
  return Array.isArray(value) && typeof index === 'number' ? (value as unknown[])[index] : value;
}

function describe(value: unknown): string {
  if (value === '' || value === null || value === undefined) return 'an empty value';
  const written = JSON.stringify(value);
  return written.length > 80 ? `${written.slice(0, 77)}…` : written;
}
