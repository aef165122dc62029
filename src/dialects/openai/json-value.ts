import { z } from 'zod';
import { must } from '../fields.ts';

/** Values nested in each other: whoever walks them does so without fear for the stack. */
const DEEPEST = 100;

/** A JSON object of any content, nested up to 100 deep. */
export function jsonObject(what: string): z.ZodType<Record<string, unknown>> {
  return z
    .record(z.string(), z.unknown(), { error: must(what) })
    .refine((value) => depth(value) <= DEEPEST, { error: `must be nested at most ${DEEPEST} deep` });
}

/** How deep a value is nested, as far as it matters. */
function depth(value: unknown): number {
  let level: unknown[] = [value];
  for (let deep = 0; ; deep += 1) {
    level = level.flatMap((one): unknown[] => (typeof one === 'object' && one !== null ? Object.values(one) : []));
    if (level.length === 0 || deep > DEEPEST) return deep;
  }
}
