import { z } from 'zod';
import { InferenceError } from '../../../contract/errors.ts';
import type { OutputFormat } from '../../../contract/generate.ts';
import { boolean, must, only, text } from '../../fields.ts';
import { isGiven } from '../../request.ts';
import { jsonObject } from '../json-value.ts';

const format = z.looseObject(
  {
    type: z.enum(['text', 'json_object', 'json_schema'], { error: must('"text", "json_object" or "json_schema"') }),
    name: text(),
    description: text(),
    schema: jsonObject('a JSON Schema').nullish(),
    strict: boolean(),
  },
  { error: must('an object with type') },
);

const config = z.looseObject(
  { format: format.nullish(), verbosity: only(['medium'], 'how much the model writes is for its prompt to say') },
  { error: must('an object with format') },
);

/** https://platform.openai.com/docs/api-reference/responses/create, `text`; `strict` changes nothing: a schema is always kept to. */
export const textConfig = config.nullish();

/** The names of its fields, and of those of its format. */
export const textFields = { config: Object.keys(config.shape), format: Object.keys(format.shape) };

/** What the answer has to be; undefined leaves it free. @throws InferenceError invalid_request where the schema is missing */
export function textFormat(given: z.infer<typeof textConfig>): OutputFormat | undefined {
  const { type = 'text', schema } = given?.format ?? {};
  if (type === 'text') return undefined;
  if (type === 'json_object') return { kind: 'json', param: 'text.format' };
  const param = 'text.format.schema';
  if (isGiven(schema)) return { kind: 'schema', schema, param };
  const message = `${param} is missing; give a JSON Schema, or the type json_object.`;
  throw new InferenceError('invalid_request', message, { param });
}
