import { InferenceError } from '../contract/errors.ts';
import type { OutputFormat } from '../contract/generate.ts';
import type { Tool, ToolOffer } from '../contract/tools.ts';
import { checkSchemaSize, grammarText, schemaRulesInTurns, type SchemaRules } from '../grammar/index.ts';
import { closeObjects } from './closed-schema.ts';
import { literal, markOrText, untilMark } from './mark-rules.ts';
import type { ReasoningFormat } from './reasoning-formats.ts';
import type { ToolFormat } from './tool-formats.ts';
import { Turns } from './turns.ts';

/** Calls of one turn at most: a small model that has to call something may never stop. */
const MOST_CALLS = 32;

/** What a completion is held to. */
export interface OutputRules {
  format: OutputFormat | undefined;
  offer: ToolOffer | undefined;
  toolFormat: ToolFormat;
  reasoning: ReasoningFormat | undefined;
  /** Whether the prompt ends within the model's thoughts. */
  opened: boolean;
}

/**
 * The grammar that a completion is held to: thoughts, then what was asked for. Nothing needs a trigger: text that is free is
 * every text without the mark that begins a call.
 * @returns GBNF with a rule `root`
 * @throws InferenceError invalid_request for a schema that no grammar can say, or the signal's reason
 */
export async function outputGrammar(rules: OutputRules, signal: AbortSignal): Promise<string> {
  const { format, offer, toolFormat } = rules;
  if (format?.kind === 'grammar') return format.gbnf;
  const turns = new Turns(signal);
  const calls = offer ? await callRules(offer, toolFormat, turns) : [];
  return grammarText([...thoughtRules(rules), ...(await answerRules(rules, turns)), ...calls]);
}

/** `root`: thoughts, where the model has any, then `answer`. */
function thoughtRules({ reasoning, opened, format, offer }: OutputRules): string[] {
  if (reasoning === undefined) return ['root ::= answer'];
  // Who has to answer has to come to an end of thinking.
  const mayEnd = format === undefined && offer?.required !== true;
  const thoughts = untilMark('thought', reasoning.close, 'after-thought', mayEnd);
  const root = opened ? 'thought-0' : `answer | ${literal(reasoning.open)} thought-0`;
  return [`root ::= ${root}`, ...thoughts, `after-thought ::= [ \\n]{0,2} answer`];
}

async function answerRules({ format, offer, toolFormat }: OutputRules, turns: Turns): Promise<string[]> {
  const { mark, where } = toolFormat;
  if (offer?.required === true) return [`answer ::= ${literal(mark)} calls`];
  if (format !== undefined) {
    if (offer && where === 'beginning') {
      throw new InferenceError(
        'invalid_request',
        `This model writes calls of tools as plain JSON, so that ${format.param} and tools cannot be told apart; send one of them.`,
        { param: format.param },
      );
    }
    const { rule, rules } = await schemaRulesInTurns(
      schemaOf(format),
      { param: format.param, prefix: 'format' },
      turns.next,
    );
    return [`answer ::= ${rule}${offer ? ` | ${literal(mark)} calls` : ''}`, ...rules];
  }
  return where === 'beginning'
    ? ['answer ::= text-0', ...markOrText('text', mark, 'calls')]
    : ['answer ::= text-0', ...untilMark('text', mark, 'calls', true)];
}

function schemaOf(format: OutputFormat): unknown {
  if (format.kind !== 'schema') return { type: 'object' };
  checkSchemaSize(format.schema, format);
  return closeObjects(format.schema);
}

/** `calls`: what follows the mark. */
async function callRules(offer: ToolOffer, toolFormat: ToolFormat, turns: Turns): Promise<string[]> {
  const { first, open, middle, close, next, last } = toolFormat;
  const calls: string[] = [];
  const schemas: string[] = [];
  for (const [index, tool] of offer.tools.entries()) {
    if (!offer.callable.includes(tool.name)) continue;
    const { rule, rules } = await argumentRules(tool, `tool-${index}`, turns);
    calls.push(`${literal(open + tool.name + middle)} ${rule} ${literal(close)}`);
    for (const line of rules) schemas.push(line);
  }
  const more = offer.parallel && next !== undefined ? ` (${literal(next)} call){0,${MOST_CALLS - 1}}` : '';
  return [`calls ::= ${literal(first)} call${more} ${literal(last)}`, `call ::= ${calls.join(' | ')}`, ...schemas];
}

async function argumentRules({ name, parameters, param }: Tool, prefix: string, turns: Turns): Promise<SchemaRules> {
  try {
    if (parameters !== undefined) checkSchemaSize(parameters, { param });
    const schema =
      parameters === undefined
        ? { type: 'object', additionalProperties: false }
        : closeObjects({ type: 'object', ...parameters });
    return await schemaRulesInTurns(schema, { param, prefix }, turns.next);
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error;
    throw new InferenceError(error.code, `The parameters of the tool ${name} cannot be kept to: ${error.message}`, {
      param: error.param,
      cause: error,
    });
  }
}
