import { z } from 'zod';
import { InferenceError } from '../../contract/errors.ts';
import type { Tool, ToolOffer } from '../../contract/tools.ts';
import { boolean, must, text } from '../fields.ts';
import { isGiven } from '../request.ts';
import { jsonObject } from './json-value.ts';
import { refuseTooMany, unknownFields } from '../unknown-fields.ts';

export const functionsOnly = must('"function"', 'the model calls functions alone');
const nameError = must('a name of up to 64 letters, digits, _ and -');

/** What a tool is, whatever object the fields stand in. */
export const functionFields = {
  name: z.string({ error: nameError }).regex(/^[a-zA-Z0-9_-]{1,64}$/, { error: nameError }),
  description: text(),
  parameters: jsonObject('a JSON Schema of an object').nullish(),
  strict: boolean(),
};

const definition = z.looseObject(functionFields, { error: must('an object with name and parameters') });

const tool = z.looseObject(
  { type: z.literal('function', { error: functionsOnly }), function: definition },
  { error: must('an object with type and function') },
);

const MOST_TOOLS = 512;
const listError = must(`a list of up to ${MOST_TOOLS} tools`);

/** A list of tools of one form. */
export function listOfTools<Item extends z.ZodType>(item: Item): z.ZodOptional<z.ZodNullable<z.ZodArray<Item>>> {
  return z.array(item, { error: listError }).max(MOST_TOOLS, { error: listError }).nullish();
}

/** https://platform.openai.com/docs/api-reference/chat/create, `tools`; `strict` changes nothing: schemas are always kept to. */
export const toolList = listOfTools(tool);

export const choiceError = must('"none", "auto", "required" or an object that names a function');
const named = z.looseObject(
  {
    type: z.literal('function', { error: functionsOnly }),
    function: z.looseObject({ name: z.string({ error: must('a string') }) }, { error: must('an object with name') }),
  },
  { error: choiceError },
);
const allowed = z.looseObject({
  type: z.literal('allowed_tools'),
  allowed_tools: z.looseObject(
    {
      mode: z.enum(['auto', 'required'], { error: must('"auto" or "required"') }),
      tools: z.array(named, { error: must('a list of tools') }).min(1, { error: must('a list of at least one tool') }),
    },
    { error: must('an object with mode and tools') },
  ),
});

export const toolChoice = z
  .union([z.enum(['none', 'auto', 'required']), named, allowed], { error: choiceError })
  .nullish();

interface ToolFields {
  tools?: z.infer<typeof toolList>;
  tool_choice?: z.infer<typeof toolChoice>;
  parallel_tool_calls?: boolean | null | undefined;
}

/**
 * What the body says of tools; undefined where it offers none.
 * @throws InferenceError invalid_request for names that are given twice, or chosen and not there
 */
export function toOffer(body: ToolFields): ToolOffer | undefined {
  const definitions = (body.tools ?? []).map((one) => one.function);
  return offerOf(definitions, chosen(body.tool_choice), body, '.function');
}

type Definition = z.infer<typeof definition>;

/**
 * The same for the tools and the choice of any form.
 * @param inside where a tool's fields stand in it, for errors: `.function`
 */
export function offerOf(
  definitions: readonly Definition[],
  choice: Chosen,
  body: { tool_choice?: unknown; parallel_tool_calls?: boolean | null | undefined },
  inside: string,
): ToolOffer | undefined {
  const tools = definitions.map(({ name, description, parameters }, index): Tool => ({
    name,
    ...(isGiven(description) && { description }),
    ...(isGiven(parameters) && { parameters }),
    param: `tools[${index}]${inside}.parameters`,
  }));
  const names = tools.map(({ name }) => name);
  refuseTwins(names, inside);
  const { required, callable = names, single, param } = choice;
  const stranger = callable.find((name) => !names.includes(name));
  if (stranger !== undefined) {
    const there = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`;
    throw refusal(`tool_choice asks for ${stranger}, which is not among the tools; ${there}.`, param);
  }
  if (required && names.length === 0) {
    throw refusal('tool_choice "required" needs tools to call; send some, or leave tool_choice out.', 'tool_choice');
  }
  if (names.length === 0 || body.tool_choice === 'none') return undefined;
  return { tools, required, callable, parallel: !single && body.parallel_tool_calls !== false };
}

/** Unknown fields of the tools, each judged where it first occurs. @throws as `unknownFields` */
export function unknownInTools(tools: ToolFields['tools'], mode: 'refuse' | 'warn'): string[] {
  const unknown: string[] = [];
  const seen = new Set<string>();
  for (const [index, one] of (tools ?? []).entries()) {
    for (const [path, value, known] of [
      ['', one, Object.keys(tool.shape)],
      ['function.', one.function, Object.keys(definition.shape)],
    ] as const) {
      const fresh = Object.keys(value).filter((name) => !known.includes(name) && !seen.has(path + name));
      for (const name of fresh) seen.add(path + name);
      const fields = Object.fromEntries(fresh.map((name) => [name, true]));
      unknown.push(...unknownFields(fields, known, mode, `tools[${index}].${path}`));
    }
    refuseTooMany(unknown.length);
  }
  return unknown;
}

/** What a `tool_choice` asks for. */
export interface Chosen {
  required: boolean;
  /** The names that may be called; undefined means all. */
  callable?: readonly string[];
  /** Whether exactly one call was asked for. */
  single: boolean;
  /** The field that names them. */
  param: string;
}

function chosen(choice: ToolFields['tool_choice']): Chosen {
  if (!isGiven(choice) || typeof choice === 'string') {
    return { required: choice === 'required', single: false, param: 'tool_choice' };
  }
  if (choice.type === 'function') {
    return { required: true, callable: [choice.function.name], single: true, param: 'tool_choice.function.name' };
  }
  const { mode, tools } = choice.allowed_tools;
  return {
    required: mode === 'required',
    callable: tools.map((one) => one.function.name),
    single: false,
    param: 'tool_choice.allowed_tools.tools',
  };
}

function refuseTwins(names: readonly string[], inside: string): void {
  const seen = new Set<string>();
  for (const [index, name] of names.entries()) {
    if (seen.has(name)) throw refusal(`Two tools are called ${name}; rename one.`, `tools[${index}]${inside}.name`);
    seen.add(name);
  }
}

function refusal(message: string, param: string): InferenceError {
  return new InferenceError('invalid_request', message, { param });
}
