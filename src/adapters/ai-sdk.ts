import type {
  EmbeddingModelV3,
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3Content,
  LanguageModelV3FinishReason,
  LanguageModelV3Message,
  LanguageModelV3StreamPart,
  LanguageModelV3ToolResultOutput,
  LanguageModelV3Usage,
  ProviderV3,
  SharedV3Warning,
} from '@ai-sdk/provider';
import { InferenceError } from '../contract/errors.ts';
import type { ChatMessage, FinishReason, GenerateEvent, Usage } from '../contract/generate.ts';
import type { ChatOptions, LocalModel } from '../contract/local-model.ts';

/** Models of this process for the AI SDK (https://ai-sdk.dev, ai 6): `provider('id')`, or `provider.embeddingModel('id')`. */
export interface HearthProvider extends ProviderV3 {
  (modelId?: string): LanguageModelV3;
}

const provider = 'hearth';

type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * A provider of models that were loaded into this process.
 * @param models the first one answers where no id is given
 */
export function createHearth(models: LocalModel | readonly LocalModel[]): HearthProvider {
  const list = [models].flat();
  const find = (id?: string): LocalModel => {
    const found = id === undefined || id === '' ? list[0] : list.find(({ info }) => info.id === id);
    if (found) return found;
    const there = list.map(({ info }) => info.id).join(', ');
    throw new InferenceError('model_not_found', `There is no model ${id}; there are: ${there}.`, { param: 'model' });
  };
  const languageModel = (id?: string): LanguageModelV3 => languageModelOf(find(id));
  const imageModel = (): never => {
    throw new InferenceError('unsupported', 'The models of this process make no images; use another provider.');
  };
  return Object.assign(languageModel, {
    specificationVersion: 'v3' as const,
    languageModel,
    embeddingModel: (id: string) => embeddingModelOf(find(id)),
    imageModel,
  });
}

function languageModelOf(model: LocalModel): LanguageModelV3 {
  const modelId = model.info.id;
  return {
    specificationVersion: 'v3',
    provider,
    modelId,
    supportedUrls: {},
    async doGenerate(given) {
      const { messages, options, warnings } = toCall(given);
      const reply = await model.chat(messages, options);
      const content: LanguageModelV3Content[] = [];
      if (reply.reasoning !== undefined) content.push({ type: 'reasoning', text: reply.reasoning });
      if (reply.text !== '') content.push({ type: 'text', text: reply.text });
      for (const { id, name, arguments: input } of reply.toolCalls ?? [])
        content.push({ type: 'tool-call', toolCallId: id, toolName: name, input });
      const response = { modelId, timestamp: new Date() };
      return { content, finishReason: finishOf(reply.finishReason), usage: usageOf(reply.usage), response, warnings };
    },
    async doStream(given) {
      const { messages, options, warnings } = toCall(given);
      const events = model.stream(messages, options)[Symbol.asyncIterator]();
      // What is refused is thrown here, and not into the stream.
      const first = await events.next();
      const parts = streamParts(events, first, modelId, warnings);
      const stream = new ReadableStream<LanguageModelV3StreamPart>({
        async pull(controller) {
          const { done, value } = await parts.next();
          if (done === true) controller.close();
          else controller.enqueue(value);
        },
        cancel: async () => void (await events.return?.()),
      });
      return { stream };
    },
  };
}

async function* streamParts(
  events: AsyncIterator<GenerateEvent>,
  first: IteratorResult<GenerateEvent>,
  modelId: string,
  warnings: SharedV3Warning[],
): AsyncGenerator<LanguageModelV3StreamPart, void, void> {
  yield { type: 'stream-start', warnings };
  yield { type: 'response-metadata', modelId, timestamp: new Date() };
  let open: { type: 'text' | 'reasoning'; id: string } | undefined;
  let count = 0;
  const calls: { id: string; name: string; input: string }[] = [];
  let reason: FinishReason = 'stop';
  try {
    for (let next = first; next.done !== true; next = await events.next()) {
      const event = next.value;
      const type = event.type === 'delta' ? 'text' : event.type === 'reasoning' ? 'reasoning' : undefined;
      if (open && (type !== open.type || event.type === 'finish')) {
        yield { type: `${open.type}-end`, id: open.id };
        open = undefined;
      }
      if (event.type === 'delta' || event.type === 'reasoning') {
        if (open === undefined) {
          open = { type: type ?? 'text', id: String(count++) };
          yield { type: `${open.type}-start`, id: open.id };
        }
        yield { type: `${open.type}-delta`, id: open.id, delta: event.text };
      } else if (event.type === 'tool_call') {
        let call = calls[event.call];
        if (call === undefined) {
          calls[event.call] = call = { id: event.id, name: event.name ?? '', input: '' };
          yield { type: 'tool-input-start', id: call.id, toolName: call.name };
        }
        if (event.argumentsDelta === undefined) continue;
        call.input += event.argumentsDelta;
        yield { type: 'tool-input-delta', id: call.id, delta: event.argumentsDelta };
      } else if (event.type === 'finish') {
        reason = event.reason;
        for (const { id, name, input } of calls) {
          yield { type: 'tool-input-end', id };
          yield { type: 'tool-call', toolCallId: id, toolName: name, input };
        }
      } else if (event.type === 'done') {
        yield { type: 'finish', finishReason: finishOf(reason), usage: usageOf(event.usage) };
      }
    }
  } catch (error) {
    yield { type: 'error', error };
  }
}

function embeddingModelOf(model: LocalModel): EmbeddingModelV3 {
  return {
    specificationVersion: 'v3',
    provider,
    modelId: model.info.id,
    maxEmbeddingsPerCall: Infinity,
    supportsParallelCalls: true,
    async doEmbed({ values, abortSignal }) {
      const { vectors, promptTokens } = await model.embed(values, { signal: abortSignal });
      return { embeddings: vectors.map((vector) => [...vector]), usage: { tokens: promptTokens }, warnings: [] };
    },
  };
}

/** What is asked of the model; `providerOptions.hearth` may hold what the SDK has no name for: `minP`, `templateVariables`, … */
function toCall(given: LanguageModelV3CallOptions): {
  messages: ChatMessage[];
  options: ChatOptions;
  warnings: SharedV3Warning[];
} {
  const { responseFormat, tools = [], toolChoice } = given;
  const warnings: SharedV3Warning[] = [];
  const functions = tools.flatMap((tool) => {
    if (tool.type === 'function')
      return [{ name: tool.name, description: tool.description, parameters: tool.inputSchema as JsonSchema }];
    warnings.push({ type: 'unsupported', feature: `the provider's tool ${tool.name}` });
    return [];
  });
  const options: ChatOptions = {
    maxTokens: given.maxOutputTokens,
    temperature: given.temperature,
    topP: given.topP,
    topK: given.topK,
    frequencyPenalty: given.frequencyPenalty,
    presencePenalty: given.presencePenalty,
    stop: given.stopSequences,
    seed: given.seed,
    signal: given.abortSignal,
    ...(functions.length > 0 && {
      tools: functions,
      toolChoice: toolChoice?.type === 'tool' ? { name: toolChoice.toolName } : toolChoice?.type,
    }),
    ...(responseFormat?.type === 'json' && {
      format:
        responseFormat.schema === undefined
          ? { type: 'json' }
          : { type: 'schema', schema: responseFormat.schema as JsonSchema },
    }),
    // Checked where it is used.
    ...(given.providerOptions?.[provider] as ChatOptions | undefined),
  };
  return { messages: given.prompt.flatMap(toMessages), options, warnings };
}

function toMessages(message: LanguageModelV3Message): ChatMessage[] {
  if (message.role === 'system') return [{ role: 'system', content: message.content }];
  if (message.role === 'user') {
    const content = message.content.map((part) => (part.type === 'text' ? part.text : noFiles())).join('');
    return [{ role: 'user', content }];
  }
  if (message.role === 'tool') {
    return message.content.flatMap((part): ChatMessage[] =>
      part.type === 'tool-result'
        ? [{ role: 'tool', name: part.toolName, toolCallId: part.toolCallId, content: resultText(part.output) }]
        : [],
    );
  }
  const answer: ChatMessage & { toolCalls: { id: string; name: string; arguments: string }[] } = {
    role: 'assistant',
    content: '',
    toolCalls: [],
  };
  for (const part of message.content) {
    if (part.type === 'text') answer.content += part.text;
    else if (part.type === 'reasoning') answer.reasoning = (answer.reasoning ?? '') + part.text;
    else if (part.type === 'tool-call')
      answer.toolCalls.push({ id: part.toolCallId, name: part.toolName, arguments: JSON.stringify(part.input ?? {}) });
    else if (part.type === 'file') noFiles();
  }
  const { toolCalls, ...plain } = answer;
  return [toolCalls.length > 0 ? answer : plain];
}

function noFiles(): never {
  throw new InferenceError('unsupported', 'The models of this process read text only; leave files out.', {
    param: 'prompt',
  });
}

function resultText(output: LanguageModelV3ToolResultOutput): string {
  if (output.type === 'text' || output.type === 'error-text') return output.value;
  if (output.type === 'execution-denied') return output.reason ?? 'The call was denied.';
  if (output.type !== 'content') return JSON.stringify(output.value);
  return output.value.map((part) => (part.type === 'text' ? part.text : noFiles())).join('\n');
}

function finishOf(reason: FinishReason): LanguageModelV3FinishReason {
  return { unified: reason === 'tool_calls' ? 'tool-calls' : reason, raw: reason };
}

function usageOf({ promptTokens, completionTokens, cachedTokens, reasoningTokens = 0 }: Usage): LanguageModelV3Usage {
  const read = promptTokens - cachedTokens;
  return {
    inputTokens: { total: promptTokens, noCache: read, cacheRead: cachedTokens, cacheWrite: undefined },
    outputTokens: { total: completionTokens, text: completionTokens - reasoningTokens, reasoning: reasoningTokens },
  };
}
