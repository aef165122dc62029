import { z } from 'zod';

const wholeFrom = (min: number): z.ZodOptional<z.ZodInt> => {
  const error = `a whole number, ${min} or more`;
  return z.int({ error }).min(min, { error }).optional();
};
const within = (min: number, max: number, hint: string): z.ZodOptional<z.ZodNumber> => {
  const error = `a number from ${min} to ${max} (${hint})`;
  return z.number({ error }).min(min, { error }).max(max, { error }).optional();
};
const object = z.record(z.string(), z.unknown(), { error: 'an object' });
const flag = z.boolean({ error: 'true or false' }).optional();
const stopError = 'a text that is not empty, or a list of such texts';
const stopText = z.string({ error: stopError }).min(1, { error: stopError });
const seedError = 'a whole number';

const formatError = "{ type: 'json' }, { type: 'schema', schema } or { type: 'grammar', gbnf }";
const format = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('json') }),
    z.strictObject({ type: z.literal('schema'), schema: z.record(z.string(), z.unknown(), { error: formatError }) }),
    z.strictObject({
      type: z.literal('grammar'),
      gbnf: z.string({ error: formatError }).min(1, { error: formatError }),
    }),
  ],
  { error: formatError },
);

/** The ranges are those of the server's dialects. */
const generateShape = {
  maxTokens: wholeFrom(0),
  minTokens: wholeFrom(0),
  temperature: within(0, 2, '0 is greedy'),
  topP: within(0, 1, '1 keeps all tokens'),
  topK: wholeFrom(0),
  minP: within(0, 1, '0 keeps all tokens'),
  repetitionPenalty: within(0.01, 100, '1 is no penalty'),
  frequencyPenalty: within(-2, 2, '0 is no penalty'),
  presencePenalty: within(-2, 2, '0 is no penalty'),
  seed: z.int({ error: seedError }).optional(),
  stop: z.union([stopText, z.array(stopText, { error: stopError })], { error: stopError }).optional(),
  ignoreEos: flag,
  format: format.optional(),
  logprobs: z
    .int({ error: 'a whole number from 0 to 20' })
    .min(0, { error: 'a whole number from 0 to 20' })
    .max(20, { error: 'a whole number from 0 to 20' })
    .optional(),
  signal: z.instanceof(AbortSignal, { error: 'an AbortSignal' }).optional(),
};

const nameError = 'a name of up to 64 letters, digits, _ and -';
const tool = z.strictObject(
  {
    name: z.string({ error: nameError }).regex(/^[a-zA-Z0-9_-]{1,64}$/, { error: nameError }),
    description: z.string({ error: 'a string' }).optional(),
    parameters: object.optional(),
  },
  { error: 'an object with name, description and parameters' },
);
const choiceError = '"auto", "none", "required" or an object with the name of a tool';

export const generateOptions = z.strictObject(generateShape, { error: 'an object' });
export const chatOptions = z.strictObject(
  {
    ...generateShape,
    tools: z.array(tool, { error: 'a list of tools' }).max(512, { error: 'a list of up to 512 tools' }).optional(),
    toolChoice: z
      .union([z.enum(['auto', 'none', 'required']), z.strictObject({ name: z.string() })], { error: choiceError })
      .optional(),
    parallelToolCalls: flag,
    templateVariables: object.optional(),
  },
  { error: 'an object' },
);

const roles = ['system', 'developer', 'user', 'assistant', 'tool'] as const;
const call = z.strictObject(
  {
    id: z.string({ error: 'a string' }),
    name: z.string({ error: 'a string' }),
    arguments: z.string({ error: 'a string' }),
  },
  { error: 'an object with id, name and arguments' },
);
const message = z.strictObject(
  {
    role: z.enum(roles, { error: roles.join(', ') }),
    content: z.string({ error: 'a string' }),
    name: z.string({ error: 'a string' }).optional(),
    reasoning: z.string({ error: 'a string' }).optional(),
    toolCalls: z.array(call, { error: 'a list of calls' }).optional(),
    toolCallId: z.string({ error: 'a string' }).optional(),
  },
  { error: 'an object with role and content' },
);
export const messageList = z
  .array(message, { error: 'a string or a list of messages' })
  .min(1, { error: 'a list of at least one message' });

export const embedOptions = z.strictObject(
  { dimensions: wholeFrom(1), signal: generateShape.signal },
  { error: 'an object' },
);
