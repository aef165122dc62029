import { z } from 'zod';
import { InferenceError } from '../../contract/errors.ts';
import type { OutputFormat } from '../../contract/generate.ts';
import { boolean, must, text } from '../fields.ts';
import { isGiven } from '../request.ts';
import { jsonObject } from './json-value.ts';

const schema = jsonObject('a JSON Schema').nullish();

/**
 * https://platform.openai.com/docs/api-reference/chat/create, `response_format`; `strict` changes nothing: a schema is always
 * kept to. A `schema` beside the type is llama-server's spelling.
 */
export const responseFormat = z
  .looseObject(
    {
      type: z.enum(['text', 'json_object', 'json_schema'], { error: must('"text", "json_object" or "json_schema"') }),
      json_schema: z
        .looseObject(
          { name: text(), description: text(), schema, strict: boolean() },
          { error: must('an object with name and schema') },
        )
        .nullish(),
      schema,
    },
    { error: must('an object with type') },
  )
  .nullish();

interface FormatFields {
  response_format?: z.infer<typeof responseFormat>;
  grammar?: string | null | undefined;
}

/**
 * What the answer has to be; undefined leaves it free.
 * @throws InferenceError invalid_request where the schema is missing, or a grammar is given as well
 */
export function toFormat({ response_format: given, grammar }: FormatFields): OutputFormat | undefined {
  if (isGiven(grammar)) {
    if (!isGiven(given) || given.type === 'text') return { kind: 'grammar', gbnf: grammar, param: 'grammar' };
    throw refusal(
      `response_format ${given.type} and grammar both say what the answer is; give one of them.`,
      'grammar',
    );
  }
  if (!isGiven(given) || given.type === 'text') return undefined;
  if (isGiven(given.schema)) return { kind: 'schema', schema: given.schema, param: 'response_format.schema' };
  if (given.type === 'json_object') return { kind: 'json', param: 'response_format' };
  const inner = given.json_schema?.schema;
  if (isGiven(inner)) return { kind: 'schema', schema: inner, param: 'response_format.json_schema.schema' };
  const message = 'response_format.json_schema.schema is missing; give a JSON Schema, or the type json_object.';
  throw refusal(
    message,
    isGiven(given.json_schema) ? 'response_format.json_schema.schema' : 'response_format.json_schema',
  );
}

function refusal(message: string, param: string): InferenceError {
  return new InferenceError('invalid_request', message, { param });
}
