import { z } from 'zod';
import type { TextInput } from '../contract/input.ts';
import { must } from './fields.ts';

/** OpenAI's limit of inputs in one request. */
const MOST = 2048;

const inputError = must('a string, a list of strings, a list of token ids or a list of lists of token ids');
const elementError = must('a string that is not empty, a token id or a list of token ids');
const idError = must('a token id (an integer ≥ 0)');
const emptyError = must('a string that is not empty');
const listError = must('a list that is not empty');

const filled = z.string().min(1, { error: emptyError });
const id = z.int({ error: idError }).min(0, { error: idError });
/** A list may have a million ids: they are looked at in one loop, and the first that is none is named. */
const idList = z
  .custom<readonly number[]>(Array.isArray)
  .superRefine((list, context) => {
    if (list.length === 0) context.addIssue({ code: 'custom', message: listError({ input: list }) });
    const wrong = list.findIndex((one) => !Number.isInteger(one) || one < 0);
    if (wrong >= 0) context.addIssue({ code: 'custom', path: [wrong], message: idError({ input: list[wrong] }) });
  })
  .meta({ type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 1 });
/** One union for all elements: a union of lists would try every element of a long list against each. */
const element = z.union([filled, id, idList], { error: elementError });

const elements = z
  .array(element)
  .min(1, { error: listError })
  .refine((list) => list.every(isNumber) || !list.some(isNumber), {
    error: () => 'mixes token ids with other inputs; put the ids into a list of their own',
  })
  .refine((list) => list.every(isNumber) || list.length <= MOST, {
    error: ({ input }) =>
      `has ${Array.isArray(input) ? input.length : 'too many'} inputs; send at most ${MOST} in a request`,
  });

/** Texts or tokens, one or several, as OpenAI's `input` is: a string, strings, token ids, or lists of token ids. */
export const inputList = z.union([filled, elements], { error: inputError });

export type InputList = z.infer<typeof inputList>;

/** Each input with its name: `input` for a single one, `input[3]` in a list. */
export function toInputs(given: InputList, name: string): TextInput[] {
  if (typeof given === 'string') return [{ content: given, name }];
  // The schema lets a list hold numbers alone or none.
  const ids = given.filter(isNumber);
  if (ids.length > 0) return [{ content: ids, name }];
  return given.flatMap((one, index) => (isNumber(one) ? [] : [{ content: one, name: `${name}[${index}]` }]));
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
