import { InferenceError } from '../contract/errors.ts';
import type { GenerateEvent, GenerateRequest } from '../contract/generate.ts';
import type { Model, ModelInfo } from '../contract/model.ts';
import type { TokenRequest, Tokenizer } from '../contract/tokens.ts';
import type { Scheduler } from '../scheduling/scheduler.ts';
import type { ChatFormat } from './chat-format.ts';
import { readCompletion, type CompletionEvent, type Reading } from './completion.ts';
import { newTokenLimit } from './limits.ts';
import { merge } from './merge.ts';
import type { OutputGrammars } from './output-grammars.ts';
import type { RenderPrompt } from './prompt.ts';
import { planReading } from './reading.ts';
import { resolveSampling, type OpenSampling } from './sampling.ts';
import { refuseLongPrompt, tokenizePrompt } from './tokenize.ts';

export interface ModelParts {
  info: ModelInfo;
  tokenizer: Tokenizer;
  renderPrompt: RenderPrompt;
  /** What the chat template tells of calls and thoughts. */
  chatFormat: ChatFormat;
  grammars: OutputGrammars;
  scheduler: Scheduler;
  /** For requests that are silent. */
  defaults: { maxTokens: number | undefined; sampling: OpenSampling };
  /** Requests that may wait for a slot. */
  maxQueue: number;
}

/** Joins a tokenizer and a scheduler into a model that speaks text: render → tokenize → check → schedule → read output. */
export function createModel(parts: ModelParts): Model {
  return {
    info: parts.info,
    generate: (request, signal) => generate(parts, request, signal),
    stats: () => parts.scheduler.stats(),
    failed: parts.scheduler.broken,
    dispose: () => parts.scheduler.dispose(),
  };
}

async function* generate(
  parts: ModelParts,
  request: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerateEvent, void, void> {
  const began = performance.now();
  const { requests, reading } = await prepare(parts, request, signal);
  const promptTokens = requests[0]?.prompt.length ?? 0;
  const completions = run(parts, requests, reading, signal);

  let completionTokens = 0;
  let reasoningTokens = 0;
  let started: Extract<CompletionEvent, { type: 'start' }> | undefined;
  let firstTokenMs: number | undefined;
  const elapsed = (): number => performance.now() - began;
  for await (const event of completions) {
    switch (event.type) {
      case 'start':
        if (started === undefined) {
          yield { type: 'start', promptTokens, cachedTokens: event.cachedTokens, queueMs: event.queueMs };
        }
        started ??= event;
        break;
      case 'token':
        completionTokens += 1;
        if (event.thinking) reasoningTokens += 1;
        firstTokenMs ??= elapsed();
        break;
      case 'delta':
      case 'reasoning':
      case 'tool_call':
        yield { ...event, completionTokens };
        break;
      case 'finish':
        yield event;
    }
  }
  yield {
    type: 'done',
    usage: {
      promptTokens,
      completionTokens,
      cachedTokens: started?.cachedTokens ?? 0,
      ...(request.splitReasoning === true && { reasoningTokens }),
    },
    timings: { queueMs: started?.queueMs ?? 0, firstTokenMs: firstTokenMs ?? elapsed(), totalMs: elapsed() },
  };
}

/** Everything that can refuse a request, before it waits for a slot. */
async function prepare(
  parts: ModelParts,
  request: GenerateRequest,
  signal: AbortSignal,
): Promise<{ requests: TokenRequest[]; reading: Reading }> {
  const { info, tokenizer, defaults, maxQueue } = parts;
  if (request.n > info.slots + maxQueue) {
    throw new InferenceError(
      'invalid_request',
      `${request.names.n} is ${request.n}, but at most ${info.slots + maxQueue} completions can run and wait here; lower it.`,
      { param: request.names.n },
    );
  }
  refuseLongPrompt(request.prompt, tokenizer, info.contextSize);
  const rendered = parts.renderPrompt(request.prompt);
  const prompt = await tokenizePrompt(rendered, tokenizer, info.contextSize, signal);
  const maxTokens = newTokenLimit(request, prompt.length, info.contextSize, defaults.maxTokens);
  // The grammar of many tools is work, so it comes last.
  const reading = await planReading(request, parts, rendered, signal);
  const minTokens = request.ignoreEos ? maxTokens : request.minTokens;
  const requests = Array.from({ length: request.n }, (_, index) => ({
    prompt,
    maxTokens,
    minTokens,
    sampling: resolveSampling(request, defaults.sampling, index),
    logprobs: request.logprobs,
    ...(reading.grammar && { grammar: reading.grammar }),
  }));
  return { requests, reading };
}

/** Runs the completions side by side; when one fails or the reader leaves, all stop. */
async function* run(
  { scheduler, tokenizer }: ModelParts,
  requests: readonly TokenRequest[],
  reading: Reading,
  signal: AbortSignal,
): AsyncGenerator<CompletionEvent, void, void> {
  const group = new AbortController();
  const onAbort = (): void => group.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    yield* merge(
      requests.map((request, index) =>
        readCompletion(scheduler.run(request, group.signal, index > 0), index, reading, tokenizer),
      ),
      () => group.abort(),
    );
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
