import { z } from 'zod';
import { absent, must, text } from '../../fields.ts';
import { typeError } from './type-error.ts';

const string = must('a string');
const filled = must('a string that is not empty');
const id = z.string({ error: filled }).min(1, { error: filled });

const said = { text: z.string({ error: string }) };
const part = z.discriminatedUnion(
  'type',
  [
    z.looseObject({ type: z.literal('input_text'), ...said }),
    z.looseObject({ type: z.literal('output_text'), ...said }),
    z.looseObject({ type: z.literal('text'), ...said }),
    z.looseObject({ type: z.literal('refusal'), refusal: z.string({ error: string }) }),
  ],
  { error: typeError(['input_text', 'output_text', 'text', 'refusal'], 'this model reads text only') },
);

const contentError = must('a string or a list of text parts');
const content = z.union([z.string(), z.array(part, { error: contentError })], { error: contentError });

const common = { id: text(), status: text() };

const message = z.looseObject({
  type: z.literal('message').nullish(),
  role: z.enum(['user', 'assistant', 'system', 'developer'], {
    error: must('user, assistant, system or developer'),
  }),
  content,
  phase: text(),
  ...common,
});

const functionCall = z.looseObject({
  type: z.literal('function_call'),
  call_id: id,
  name: id,
  arguments: z.string({ error: must('a string of JSON') }),
  ...common,
});

const functionCallOutput = z.looseObject({
  type: z.literal('function_call_output'),
  call_id: id,
  output: content,
  ...common,
});

const thoughts = <Type extends string>(type: Type) =>
  z.array(z.looseObject({ type: z.literal(type, { error: must(`"${type}"`) }), ...said }), {
    error: must(`a list of objects with type and text`),
  });

const reasoning = z.looseObject({
  type: z.literal('reasoning'),
  summary: thoughts('summary_text').nullish(),
  content: thoughts('reasoning_text').nullish(),
  encrypted_content: absent('only who encrypted it can read it'),
  ...common,
});

const reference = z.looseObject({ type: z.literal('item_reference'), id });

/** An item of a conversation. https://platform.openai.com/docs/api-reference/responses/create, `input` */
const anyItem = z.discriminatedUnion('type', [message, functionCall, functionCallOutput, reasoning, reference], {
  error: typeError(
    ['message', 'function_call', 'function_call_output', 'reasoning', 'item_reference'],
    'the model reads text and calls functions alone',
  ),
});

const inputError = must('a string or a list of items');

export const inputItems = z
  .union([z.string(), z.array(anyItem, { error: inputError })], { error: inputError })
  .nullish();

export type WireItem = z.infer<typeof anyItem>;
/** An item that is there itself. */
export type Item = Exclude<WireItem, { type: 'item_reference' }>;
export type Message = z.infer<typeof message>;
export type Content = z.infer<typeof content>;

/** Whether an item is a message: its type may be left out. */
export function isMessage(item: Item): item is Message {
  return (item.type ?? 'message') === 'message';
}

/** The names of the fields that an item may have. */
export function fieldsOf(one: WireItem): readonly string[] {
  return fields[one.type ?? 'message'];
}

const fields: Record<NonNullable<WireItem['type']>, readonly string[]> = {
  message: Object.keys(message.shape),
  function_call: Object.keys(functionCall.shape),
  function_call_output: Object.keys(functionCallOutput.shape),
  reasoning: Object.keys(reasoning.shape),
  item_reference: Object.keys(reference.shape),
};
