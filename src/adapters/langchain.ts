import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { Embeddings, type EmbeddingsParams } from '@langchain/core/embeddings';
import type { BaseLanguageModelInput, StructuredOutputMethodOptions } from '@langchain/core/language_models/base';
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BaseChatModelParams,
  type BindToolsInput,
} from '@langchain/core/language_models/chat_models';
import { AIMessage, AIMessageChunk, type BaseMessage, type UsageMetadata } from '@langchain/core/messages';
import type { InvalidToolCall, ToolCall as LangChainCall } from '@langchain/core/messages/tool';
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs';
import {
  assembleStructuredOutputPipeline,
  createContentParser,
} from '@langchain/core/language_models/structured_output';
import type { Runnable } from '@langchain/core/runnables';
import { convertToOpenAITool } from '@langchain/core/utils/function_calling';
import { isSerializableSchema } from '@langchain/core/utils/standard_schema';
import { toJsonSchema } from '@langchain/core/utils/json_schema';
import { isInteropZodSchema } from '@langchain/core/utils/types';
import { InferenceError } from '../contract/errors.ts';
import type { ChatMessage, Role, Usage } from '../contract/generate.ts';
import type { ChatOptions, LocalModel, ToolDefinition } from '../contract/local-model.ts';
import type { ToolCall } from '../contract/tools.ts';

/** What a call may say beside LangChain's own; `stop`, `signal` and `timeout` are LangChain's. */
export interface HearthCallOptions
  extends BaseChatModelCallOptions, Omit<ChatOptions, 'signal' | 'stop' | 'tools' | 'toolChoice'> {
  tools?: readonly ToolDefinition[];
  /** LangChain's words: `auto`, `none`, `any` or `required`, or the name of a tool. */
  tool_choice?: string | Record<string, unknown>;
}

export interface ChatHearthParams extends BaseChatModelParams, Omit<ChatOptions, 'signal' | 'tools' | 'toolChoice'> {
  /** A model of this process; it stays loaded until its owner disposes it. */
  model: LocalModel;
}

/** A model of this process as a chat model of LangChain. */
export class ChatHearth extends BaseChatModel<HearthCallOptions> {
  private readonly local: LocalModel;
  private readonly defaults: ChatOptions;

  constructor({ model, ...params }: ChatHearthParams) {
    super(params);
    this.local = model;
    this.defaults = pick(params);
  }

  _llmType(): string {
    return 'hearth';
  }

  override bindTools(
    tools: BindToolsInput[],
    kwargs?: Partial<HearthCallOptions>,
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, HearthCallOptions> {
    return this.withConfig({ tools: tools.map(toDefinition), ...kwargs });
  }

  /** An object of a schema, zod or JSON, which the model keeps to while it writes, whatever the method. */
  override withStructuredOutput<Output extends Record<string, unknown>>(
    schema: SchemaOf<Output>,
    config?: StructuredOutputMethodOptions,
  ): Runnable<BaseLanguageModelInput, Output>;
  override withStructuredOutput<Output extends Record<string, unknown>>(
    schema: SchemaOf<Output>,
    config?: StructuredOutputMethodOptions<true>,
  ): Runnable<BaseLanguageModelInput, { raw: BaseMessage; parsed: Output }>;
  override withStructuredOutput<Output extends Record<string, unknown>>(
    schema: SchemaOf<Output>,
    { includeRaw }: StructuredOutputMethodOptions<boolean> = {},
  ): Runnable<BaseLanguageModelInput, Output> | Runnable<BaseLanguageModelInput, { raw: BaseMessage; parsed: Output }> {
    const json: object = isInteropZodSchema(schema) || isSerializableSchema(schema) ? toJsonSchema(schema) : schema;
    const model = this.withConfig({ format: { type: 'schema', schema: { ...json } } });
    return assembleStructuredOutputPipeline(model, createContentParser<Output>(schema), includeRaw);
  }

  async _generate(messages: BaseMessage[], options: this['ParsedCallOptions']): Promise<ChatResult> {
    const reply = await this.local.chat(messages.map(toChatMessage), this.options(options));
    const { text, reasoning, toolCalls = [], usage, finishReason } = reply;
    const message = new AIMessage({
      content: text,
      ...toolCallsOf(toolCalls),
      response_metadata: { finish_reason: finishReason, model_name: this.local.info.id },
      additional_kwargs: reasoning === undefined ? {} : { reasoning_content: reasoning },
    });
    Object.assign(message, usageOf(usage));
    return { generations: [{ text, message, generationInfo: { finish_reason: finishReason } }] };
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    let finishReason: string = 'stop';
    for await (const event of this.local.stream(messages.map(toChatMessage), this.options(options))) {
      if (event.type === 'delta') {
        yield chunkOf(event.text, { content: event.text });
        await runManager?.handleLLMNewToken(event.text);
      } else if (event.type === 'reasoning') {
        yield chunkOf('', { content: '', additional_kwargs: { reasoning_content: event.text } });
      } else if (event.type === 'tool_call') {
        const { call: index, id, name, argumentsDelta: args } = event;
        const piece = { index, ...(name !== undefined && { id, name }), ...(args !== undefined && { args }) };
        yield chunkOf('', { content: '', tool_call_chunks: [{ ...piece, type: 'tool_call_chunk' }] });
      } else if (event.type === 'finish') {
        finishReason = event.reason;
      } else if (event.type === 'done') {
        const metadata = { finish_reason: finishReason, model_name: this.local.info.id };
        const last = new AIMessageChunk({ content: '', response_metadata: metadata });
        yield new ChatGenerationChunk({ text: '', message: Object.assign(last, usageOf(event.usage)) });
      }
    }
  }

  private options(options: this['ParsedCallOptions']): ChatOptions {
    const { tools, tool_choice: choice, stop, signal } = options;
    const defaults = stop === undefined ? this.defaults : { ...this.defaults, stop };
    return {
      ...defaults,
      ...pick(options),
      signal,
      ...(tools !== undefined && { tools, toolChoice: toChoice(choice) }),
    };
  }
}

type SchemaOf<Output extends Record<string, unknown>> = Parameters<typeof createContentParser<Output>>[0];

/** An embedding model of this process for LangChain. */
export class HearthEmbeddings extends Embeddings {
  private readonly local: LocalModel;
  private readonly dimensions: number | undefined;

  constructor({ model, dimensions, ...params }: EmbeddingsParams & { model: LocalModel; dimensions?: number }) {
    super(params);
    this.local = model;
    this.dimensions = dimensions;
  }

  async embedDocuments(documents: string[]): Promise<number[][]> {
    if (documents.length === 0) return [];
    const { vectors } = await this.local.embed(documents, { dimensions: this.dimensions });
    return vectors.map((vector) => [...vector]);
  }

  async embedQuery(document: string): Promise<number[]> {
    const [vector = []] = await this.embedDocuments([document]);
    return vector;
  }
}

const names = new Set(
  (
    'maxTokens minTokens temperature topP topK minP repetitionPenalty frequencyPenalty presencePenalty seed stop ' +
    'ignoreEos format parallelToolCalls templateVariables'
  ).split(' '),
);

/** Ours among LangChain's options. */
function pick(options: object): ChatOptions {
  const given = Object.entries(options).filter(([name, value]) => value !== undefined && names.has(name));
  return Object.fromEntries(given) as ChatOptions;
}

function chunkOf(text: string, fields: ConstructorParameters<typeof AIMessageChunk>[0]): ChatGenerationChunk {
  return new ChatGenerationChunk({ text, message: new AIMessageChunk(fields) });
}

function toDefinition(tool: BindToolsInput): ToolDefinition {
  const { function: definition } = convertToOpenAITool(tool);
  return {
    name: definition.name,
    ...(definition.description !== undefined && { description: definition.description }),
    parameters: definition.parameters,
  };
}

function toChoice(choice: HearthCallOptions['tool_choice']): ChatOptions['toolChoice'] {
  if (choice === undefined || choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  if (choice === 'any') return 'required';
  if (typeof choice === 'string') return { name: choice };
  const inner = choice['function'] ?? choice;
  const name = typeof inner === 'object' && inner !== null && 'name' in inner ? inner.name : undefined;
  if (typeof name === 'string') return { name };
  const message = 'tool_choice must be "auto", "none", "any" or the name of a tool.';
  throw new InferenceError('invalid_request', message, { param: 'tool_choice' });
}

const roles: Readonly<Record<string, Role>> = { system: 'system', human: 'user', ai: 'assistant', tool: 'tool' };

function toChatMessage(message: BaseMessage): ChatMessage {
  const stranger =
    typeof message.content === 'string' ? undefined : message.content.find(({ type }) => type !== 'text');
  if (stranger !== undefined) {
    const what = `The models of this process read text only; leave the ${stranger.type} out.`;
    throw new InferenceError('unsupported', what, { param: 'messages' });
  }
  const type = message.getType();
  const chatRole = 'role' in message && typeof message.role === 'string' ? message.role : '';
  const role = roles[type] ?? roles[chatRole] ?? (chatRole as Role);
  const calls = AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [];
  return {
    role,
    content: message.text,
    ...(message.name !== undefined && { name: message.name }),
    ...(calls.length > 0 && {
      toolCalls: calls.map(({ id = '', name, args }) => ({ id, name, arguments: JSON.stringify(args) })),
    }),
    ...('tool_call_id' in message && { toolCallId: String(message.tool_call_id) }),
  };
}

/** Calls by whether their arguments are whole: the last one's may be cut off by the length. */
function toolCallsOf(calls: readonly ToolCall[]): {
  tool_calls: LangChainCall[];
  invalid_tool_calls: InvalidToolCall[];
} {
  const whole: LangChainCall[] = [];
  const cut: InvalidToolCall[] = [];
  for (const { id, name, arguments: args } of calls) {
    try {
      whole.push({ type: 'tool_call', id, name, args: JSON.parse(args) as Record<string, unknown> });
    } catch {
      cut.push({
        type: 'invalid_tool_call',
        id,
        name,
        args,
        error: 'The length cut the arguments off; raise maxTokens.',
      });
    }
  }
  return { tool_calls: whole, invalid_tool_calls: cut };
}

/** To be assigned: the constructors' types know no usage where optional properties are exact. */
function usageOf({ promptTokens, completionTokens, cachedTokens }: Usage): { usage_metadata: UsageMetadata } {
  return {
    usage_metadata: {
      input_tokens: promptTokens,
      output_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
      input_token_details: { cache_read: cachedTokens },
    },
  };
}
