import { InferenceError } from '../contract/errors.ts';
import type { GenerateRequest, OutputFormat, Prompt, Sampling } from '../contract/generate.ts';
import type { ChatOptions, GenerateOptions } from '../contract/local-model.ts';
import type { ToolOffer } from '../contract/tools.ts';

const samplingNames = [
  'temperature',
  'topP',
  'topK',
  'minP',
  'repetitionPenalty',
  'frequencyPenalty',
  'presencePenalty',
] as const satisfies (keyof Sampling)[];

/** A checked call as the runtime takes it. @throws InferenceError invalid_request for options that contradict each other */
export function toRequest(prompt: Prompt, options: GenerateOptions): GenerateRequest {
  const { maxTokens, minTokens = 0, stop = [], seed } = options;
  if (maxTokens !== undefined && minTokens > maxTokens) {
    const message = `minTokens must be at most maxTokens (${maxTokens}), not ${minTokens}.`;
    throw new InferenceError('invalid_request', message, { param: 'minTokens' });
  }
  const sampling: Partial<Sampling> = seed === undefined ? {} : { seed: seed >>> 0 };
  for (const name of samplingNames) {
    const value = options[name];
    if (value !== undefined) sampling[name] = value;
  }
  return {
    prompt,
    n: 1,
    maxTokens,
    silentTemperature: 1,
    minTokens,
    ignoreEos: options.ignoreEos ?? false,
    sampling,
    stop: typeof stop === 'string' ? [stop] : stop,
    logprobs: options.logprobs,
    format: toFormat(options.format),
    splitReasoning: prompt.kind === 'chat',
    names: { maxTokens: 'maxTokens', maxTotalTokens: 'maxTokens', minTokens: 'minTokens', n: 'n' },
  };
}

function toFormat(format: GenerateOptions['format']): OutputFormat | undefined {
  switch (format?.type) {
    case 'json':
      return { kind: 'json', param: 'format' };
    case 'schema':
      return { kind: 'schema', schema: format.schema, param: 'format.schema' };
    case 'grammar':
      return { kind: 'grammar', gbnf: format.gbnf, param: 'format.gbnf' };
    default:
      return undefined;
  }
}

/** The tools of a checked call; undefined where none may be called. @throws InferenceError invalid_request */
export function toOffer({
  tools = [],
  toolChoice = 'auto',
  parallelToolCalls = true,
}: ChatOptions): ToolOffer | undefined {
  const names = tools.map(({ name }) => name);
  const twin = names.findIndex((name, index) => names.indexOf(name) < index);
  if (twin >= 0) throw refusal(`Two tools are called ${names[twin]}; rename one.`, `tools[${twin}].name`);
  if (typeof toolChoice === 'object' && !names.includes(toolChoice.name)) {
    const there = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`;
    throw refusal(`toolChoice asks for ${toolChoice.name}, which is not among the tools; ${there}.`, 'toolChoice.name');
  }
  if (toolChoice === 'required' && names.length === 0)
    throw refusal('toolChoice "required" needs tools to call; give some, or leave toolChoice out.', 'toolChoice');
  if (names.length === 0 || toolChoice === 'none') return undefined;
  const single = typeof toolChoice === 'object';
  return {
    tools: tools.map((tool, index) => ({ ...tool, param: `tools[${index}].parameters` })),
    required: single || toolChoice === 'required',
    callable: single ? [toolChoice.name] : names,
    parallel: !single && parallelToolCalls,
  };
}

function refusal(message: string, param: string): InferenceError {
  return new InferenceError('invalid_request', message, { param });
}
