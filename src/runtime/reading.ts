import { randomBytes } from 'node:crypto';
import { InferenceError } from '../contract/errors.ts';
import type { GenerateRequest, OutputFormat } from '../contract/generate.ts';
import type { Tokenizer } from '../contract/tokens.ts';
import type { ChatFormat } from './chat-format.ts';
import type { Reading } from './completion.ts';
import { CallReader } from './output-calls.ts';
import type { OutputGrammars } from './output-grammars.ts';
import type { TokenPart } from './prompts.ts';
import { ReasoningReader } from './output-reasoning.ts';
import type { ReasoningFormat } from './reasoning-formats.ts';
import type { ToolFormat } from './tool-formats.ts';

export interface ReadingParts {
  tokenizer: Pick<Tokenizer, 'specialTexts'>;
  /** What the chat template tells of calls and thoughts. */
  chatFormat: ChatFormat;
  grammars: OutputGrammars;
}

/**
 * How a request's completions are held and read: its grammar, stop strings, and readers for what the model thinks and calls.
 * @param prompt what the request's prompt was rendered to
 * @throws InferenceError invalid_request for a schema or grammar that cannot be kept to, or the signal's reason
 */
export async function planReading(
  request: GenerateRequest,
  { tokenizer, chatFormat, grammars }: ReadingParts,
  prompt: readonly TokenPart[],
  signal: AbortSignal,
): Promise<Reading> {
  const { format } = request;
  const offer = request.prompt.kind === 'chat' ? request.prompt.tools : undefined;
  const { toolFormat } = chatFormat;
  if (offer && format?.kind === 'grammar') {
    const message = `${format.param} and tools both say what the model writes; give one of them.`;
    throw new InferenceError('invalid_request', message, { param: format.param });
  }
  // A client's own grammar is for all that the model writes.
  const reasoning = request.prompt.kind === 'chat' && format?.kind !== 'grammar' ? chatFormat.reasoning : undefined;
  const last = prompt.at(-1);
  const opened =
    reasoning !== undefined && last !== undefined && 'text' in last && last.text.trimEnd().endsWith(reasoning.open);
  const gbnf = await grammars.find({ format, offer, toolFormat, reasoning, opened }, signal);
  if (gbnf !== undefined) refuseEndless(request);
  const split = request.splitReasoning === true ? reasoning : undefined;
  const calls = offer ? markTexts(toolFormat) : [];
  const within = (texts: readonly string[]): string[] =>
    tokenizer.specialTexts.filter((name) => texts.some((text) => text.includes(name)));
  const beginning = toolFormat.where === 'beginning' || format !== undefined;
  return {
    special: within([...markTexts(split), ...calls]),
    grammar:
      gbnf === undefined
        ? undefined
        : { gbnf, special: within([...markTexts(reasoning), ...calls, ...clientTexts(format)]) },
    // JSON is whole or cut off by the limit; where a client brings its own grammar, it knows what stops it.
    stop: format === undefined || format.kind === 'grammar' ? request.stop : [],
    createReaders: () => ({
      reasoning: split && new ReasoningReader(split, opened),
      calls: offer && new CallReader(toolFormat, beginning, () => newId(toolFormat.idLength)),
    }),
  };
}

/** The literal texts of a format. */
function markTexts(format: ReasoningFormat | ToolFormat | undefined): string[] {
  return Object.values(format ?? {}).filter((value) => typeof value === 'string');
}

function clientTexts(format: OutputFormat | undefined): string[] {
  return format?.kind === 'grammar' ? [format.gbnf] : [];
}

/** A grammar ends where it ends. */
function refuseEndless({ ignoreEos, minTokens, names }: GenerateRequest): void {
  if (!ignoreEos && minTokens === 0) return;
  const param = ignoreEos ? 'ignore_eos' : names.minTokens;
  throw new InferenceError(
    'invalid_request',
    `${param} cannot be kept together with tools, a response format or a grammar, which say themselves when the answer ends; leave it out.`,
    { param },
  );
}

function newId(length: number | undefined): string {
  const digits = randomBytes(16).toString('hex');
  return length === undefined ? `call_${digits}` : digits.slice(0, length);
}
