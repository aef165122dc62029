import { z } from 'zod';
import { InferenceError } from '../contract/errors.ts';
import type { LogitBias } from '../contract/generate.ts';
import { must } from './fields.ts';
import { isGiven } from './request.ts';

/** From here down a bias bans its token, as OpenAI says it practically does. */
const BAN = -100;

/** More entries than this are nobody's biases; a vocabulary's worth of them would hold up all others. */
const MOST = 10_000;

const expected = 'an object from token ids to numbers from -100 to 100';

/** OpenAI's `logit_bias`; its entries are checked by `toLogitBias`, after their number. */
export const logitBias = z
  .looseObject({}, { error: must(expected) })
  .meta({
    propertyNames: { pattern: '^\\d{1,15}$' },
    additionalProperties: { type: 'number', minimum: BAN, maximum: -BAN },
  })
  .nullish()
  .meta({ description: `It must be ${expected}.` });

/** @throws InferenceError invalid_request for a key that is no token id, or a value out of range */
export function toLogitBias(given: z.infer<typeof logitBias>): LogitBias[] | undefined {
  const entries = Object.entries(given ?? {});
  if (entries.length === 0) return undefined;
  refuseMany(entries.length);
  return entries.map(([key, value]) => {
    const param = `logit_bias.${key.slice(0, 64)}`;
    if (!isId(key)) {
      throw new InferenceError('invalid_request', `${param} must be named by a token id, such as "42".`, { param });
    }
    if (typeof value !== 'number' || !(value >= BAN && value <= -BAN)) {
      const sentence = must('a number from -100 to 100', 'use -100 to ban the token')({ input: value });
      throw new InferenceError('invalid_request', `${param} ${sentence}.`, { param });
    }
    return { token: Number(key), bias: value <= BAN ? -Infinity : value };
  });
}

const weightError = must('a number, or false to ban the token');
const weight = z.union([z.number({ error: weightError }), z.literal(false)], { error: weightError });
const pairError = must('a pair of a token id or a text, and a number or false');
const name = z.union([z.int().min(0), z.string().min(1).max(200)], {
  error: must('a token id or a text of up to 200 characters'),
});
const formError = must('a list of pairs, or an object');

/** llama-server's: a list of pairs, or an object; what is named by a text are its tokens. */
export const nativeLogitBias = z
  .union(
    [
      z.array(z.tuple([name, weight], { error: pairError }), { error: formError }),
      z.record(z.string().min(1).max(200), weight),
    ],
    { error: formError },
  )
  .nullish();

/** llama-server's forms in the contract's words; false and what is −100 or less ban. @throws as `toLogitBias` */
export function toNativeLogitBias(given: z.infer<typeof nativeLogitBias>): LogitBias[] | undefined {
  if (!isGiven(given)) return undefined;
  const pairs = Array.isArray(given)
    ? given
    : Object.entries(given).map(([key, value]): [number | string, number | false] => [
        isId(key) ? Number(key) : key,
        value,
      ]);
  refuseMany(pairs.length);
  return pairs.map(([token, value]) => ({
    token,
    bias: value === false || value <= BAN ? -Infinity : Math.min(value, -BAN),
  }));
}

function refuseMany(count: number): void {
  if (count <= MOST) return;
  const message = `logit_bias must have at most ${MOST} entries, got ${count}.`;
  throw new InferenceError('invalid_request', message, { param: 'logit_bias' });
}

function isId(key: string): boolean {
  return /^\d{1,15}$/.test(key);
}
