import { z } from 'zod';
import type { ToolOffer } from '../../../contract/tools.ts';
import { must } from '../../fields.ts';
import { isGiven } from '../../request.ts';
import { choiceError, functionFields, functionsOnly, listOfTools, offerOf } from '../tools.ts';
import type { Chosen } from '../tools.ts';
import { typeError } from './type-error.ts';

const tool = z.looseObject(
  { type: z.literal('function', { error: functionsOnly }), ...functionFields },
  { error: must('an object with type, name and parameters') },
);

/** The names of a tool's fields. */
export const toolFields = Object.keys(tool.shape);

/** https://platform.openai.com/docs/api-reference/responses/create, `tools`: functions, their fields beside the type. */
export const flatToolList = listOfTools(tool);

const named = z.looseObject(
  { type: z.literal('function', { error: functionsOnly }), name: z.string({ error: must('a string') }) },
  { error: choiceError },
);
const allowed = z.looseObject({
  type: z.literal('allowed_tools'),
  mode: z.enum(['auto', 'required'], { error: must('"auto" or "required"') }),
  tools: z.array(named, { error: must('a list of tools') }).min(1, { error: must('a list of at least one tool') }),
});

const formError = typeError(['function', 'allowed_tools'], 'the model calls functions alone');

export const flatToolChoice = z
  .union([z.enum(['none', 'auto', 'required']), z.discriminatedUnion('type', [named, allowed], { error: formError })], {
    error: choiceError,
  })
  .nullish();

interface ToolFields {
  tools?: z.infer<typeof flatToolList>;
  tool_choice?: z.infer<typeof flatToolChoice>;
  parallel_tool_calls?: boolean | null | undefined;
}

/** What the body says of tools. @throws as chat's `toOffer` */
export function flatOffer(body: ToolFields): ToolOffer | undefined {
  return offerOf(body.tools ?? [], chosen(body.tool_choice), body, '');
}

function chosen(choice: ToolFields['tool_choice']): Chosen {
  if (!isGiven(choice) || typeof choice === 'string') {
    return { required: choice === 'required', single: false, param: 'tool_choice' };
  }
  if (choice.type === 'function') {
    return { required: true, callable: [choice.name], single: true, param: 'tool_choice.name' };
  }
  const callable = choice.tools.map(({ name }) => name);
  return { required: choice.mode === 'required', callable, single: false, param: 'tool_choice.tools' };
}
