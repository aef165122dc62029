import type { JsonObject } from './json.ts';
import { numberAt } from './keyword-values.ts';
import { Refusal } from './refusal.ts';
import type { Bound, Numbers } from './value-set.ts';

const keywords = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];
// Above it the automaton that counts remainders grows too large.
const MAX_DIVISOR = 200;

/** What the schema says about numbers; undefined where it says nothing. @throws Refusal */
export function numberKeywords(schema: JsonObject, at: string): readonly Numbers[] | undefined {
  if (!keywords.some((keyword) => schema[keyword] !== undefined)) return undefined;
  const min = bound(numberAt(schema, 'minimum', at), numberAt(schema, 'exclusiveMinimum', at), Math.max);
  const max = bound(numberAt(schema, 'maximum', at), numberAt(schema, 'exclusiveMaximum', at), Math.min);
  const divisor = numberAt(schema, 'multipleOf', at);
  if (divisor !== undefined && divisor <= 0) throw new Refusal('multipleOf', at, 'must be greater than 0');
  if (divisor === undefined) return [{ min, max }];
  // A multiple of an integer is an integer; a fraction has no exact double, so nobody can say what its multiples are.
  if (Number.isInteger(divisor) && divisor <= MAX_DIVISOR) {
    return [{ min, max, divisor: divisor === 1 ? undefined : divisor, integer: true }];
  }
  return [{ min, max, refusal: new Refusal('multipleOf', at, `must be an integer of at most ${MAX_DIVISOR}`) }];
}

function bound(
  inclusive: number | undefined,
  exclusive: number | undefined,
  tighter: (a: number, b: number) => number,
): Bound | undefined {
  if (inclusive === undefined && exclusive === undefined) return undefined;
  const value = tighter(...([inclusive ?? exclusive, exclusive ?? inclusive] as [number, number]));
  return { value, exclusive: value === exclusive };
}
