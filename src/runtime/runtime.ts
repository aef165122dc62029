import { InferenceError } from '../contract/errors.ts';
import type { GenerateEvent, GenerateRequest } from '../contract/generate.ts';
import type { Model, ModelInfo } from '../contract/model.ts';
import type { TokenRequest, Tokenizer } from '../contract/tokens.ts';
import type { Scheduler } from '../scheduling/scheduler.ts';
import type { ChatFormat } from './chat-format.ts';
import { readCompletion, readPromptAlone, type CompletionEvent, type Reading } from './completion.ts';
import { newTokenLimit } from './limits.ts';
import { resolveLogitBias } from './logit-bias.ts';
import { merge } from './merge.ts';
import type { OutputGrammars } from './output-grammars.ts';
import type { RenderPrompt } from './prompt.ts';
import { inField, partsOf, promptField, promptsOf, promptText } from './prompts.ts';
import { planReading } from './reading.ts';
import { resolveSampling, type OpenSampling } from './sampling.ts';
import { Tally } from './tally.ts';
import { createTextService } from './text.ts';
import { refuseLongPrompt, tokenizePrompt } from './tokenize.ts';

export interface ModelParts {
  info: ModelInfo;
  tokenizer: Tokenizer;
  renderPrompt: RenderPrompt;
  /** The model's own, as it is; `renderPrompt` is made of it. */
  chatTemplate?: string | undefined;
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
    text: createTextService(parts),
    slots: () => parts.scheduler.slotStates(),
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
  const completions = await prepare(parts, request, signal);
  const tally = new Tally(
    completions.map(({ tokens }) => tokens.prompt.length),
    request.n,
    began,
  );
  for await (const event of run(parts, completions, request, signal)) {
    const { index } = event;
    switch (event.type) {
      case 'start':
        if (tally.started(event)) {
          yield {
            type: 'start',
            promptTokens: tally.promptTokens,
            cachedTokens: event.cachedTokens,
            queueMs: event.queueMs,
          };
          if (request.echo === true) yield* echoes(request, parts.tokenizer);
        }
        break;
      case 'token':
        tally.token(event);
        break;
      case 'delta':
        yield { ...event, ...told(request, tally.takeIds(index)), completionTokens: tally.completionTokens };
        break;
      case 'reasoning':
      case 'tool_call':
        yield { ...event, completionTokens: tally.completionTokens };
        break;
      case 'finish':
        yield { ...event, ...told(request, tally.takeIds(index)), share: tally.share(index) };
    }
  }
  yield { type: 'done', ...tally.total(request.splitReasoning === true) };
}

function told({ tokenIds }: GenerateRequest, ids: number[]): { ids?: number[] } {
  return tokenIds === true && ids.length > 0 ? { ids } : {};
}

/** The prompts' texts, as the beginning of each completion. */
function* echoes(request: GenerateRequest, tokenizer: Tokenizer): Generator<GenerateEvent, void, void> {
  for (const [at, prompt] of promptsOf(request).entries()) {
    const text = promptText(prompt, tokenizer);
    if (text === '') continue;
    for (let i = 0; i < request.n; i += 1)
      yield { type: 'delta', index: at * request.n + i, text, completionTokens: 0 };
  }
}

/** One completion of a prompt: what is asked of the scheduler, and how its tokens are read. */
interface Completion {
  tokens: TokenRequest;
  reading: Reading;
}

/** Everything that can refuse a request, before it waits for a slot. @returns one for each completion, by its index */
async function prepare(parts: ModelParts, request: GenerateRequest, signal: AbortSignal): Promise<Completion[]> {
  const { info, tokenizer, renderPrompt, defaults, maxQueue } = parts;
  const { n, names, logprobs, reuse } = request;
  const prompts = promptsOf(request);
  if (n * prompts.length > info.slots + maxQueue) {
    const asked =
      prompts.length === 1
        ? `${names.n} is ${n}`
        : `${prompts.length} prompts with ${names.n} ${n} are ${n * prompts.length} completions`;
    throw new InferenceError(
      'invalid_request',
      `${asked}, but at most ${info.slots + maxQueue} completions can run and wait here; ask for fewer.`,
      { param: names.n },
    );
  }
  const logitBias = await resolveLogitBias(request, tokenizer);
  const completions: Completion[] = [];
  for (const one of prompts) {
    const { prompt, limit, reading } = await inField(promptField(one, names), async () => {
      refuseLongPrompt(one, tokenizer, info.contextSize);
      const rendered = partsOf(one, renderPrompt, tokenizer);
      const tokens = await tokenizePrompt(rendered, tokenizer, info.contextSize, signal);
      const most = newTokenLimit(request, tokens.length, info.contextSize, defaults.maxTokens);
      // The grammar of many tools is work, so it comes last.
      return { prompt: tokens, limit: most, reading: await planReading(request, parts, rendered, signal) };
    });
    // The engine samples at a prompt's end in any case; where nothing is wanted, the token is dropped.
    const maxTokens = Math.max(1, limit);
    const minTokens = request.ignoreEos ? maxTokens : request.minTokens;
    const grammar = reading.grammar && { grammar: reading.grammar };
    for (let i = 0; i < n; i += 1) {
      const sampling = resolveSampling(request, defaults.sampling, completions.length);
      const tokens = { prompt, maxTokens, minTokens, sampling, logitBias, reuse, logprobs, ...grammar };
      completions.push({ tokens, reading });
    }
  }
  return completions;
}

/** Runs the completions side by side; when one fails or the reader leaves, all stop. */
async function* run(
  { scheduler, tokenizer }: ModelParts,
  completions: readonly Completion[],
  { maxTokens }: GenerateRequest,
  signal: AbortSignal,
): AsyncGenerator<CompletionEvent, void, void> {
  const group = new AbortController();
  const onAbort = (): void => group.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    yield* merge(
      completions.map(({ tokens: request, reading }, index) => {
        const tokens = scheduler.run(request, group.signal, index > 0);
        return maxTokens === 0 ? readPromptAlone(tokens, index) : readCompletion(tokens, index, reading, tokenizer);
      }),
      () => group.abort(),
    );
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
