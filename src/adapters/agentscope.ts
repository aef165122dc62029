import { InferenceError } from '../contract/errors.ts';
import type { ChatMessage, GenerateEvent, Usage } from '../contract/generate.ts';
import type { ChatOptions, LocalModel } from '../contract/local-model.ts';

// agentscope-typescript is not on npm, so that its shapes stand here: packages/agentscope/src/{model,message,type} of
// https://github.com/agentscope-ai/agentscope-typescript, as of 2026.

interface BlockTimes {
  id: string;
  created_at: string;
  finished_at: string | null;
}
type Block<Kind extends string, Fields> = BlockTimes & { type: Kind } & Fields;
export type TextBlock = Block<'text', { text: string }>;
export type ThinkingBlock = Block<'thinking', { thinking: string }>;
export type ToolCallBlock = Block<'tool_call', { name: string; input: string; state: 'pending' }>;

export interface AgentScopeMessage {
  name: string;
  role: 'user' | 'assistant' | 'system';
  /** Blocks by their `type`; those of text, thinking, hints, calls and results are read. */
  content: string | readonly Readonly<Record<string, unknown> | { type: string }>[];
}

export interface AgentScopeTool {
  type: 'function';
  function: { name: string; description?: string; parameters?: object };
}

export interface ChatResponse {
  type: 'chat';
  id: string;
  createdAt: string;
  content: (TextBlock | ThinkingBlock | ToolCallBlock)[];
  /** Time in seconds. */
  usage?: { type: 'chat_usage'; inputTokens: number; outputTokens: number; time: number };
}

export interface CallOptions {
  messages: readonly AgentScopeMessage[];
  tools?: readonly AgentScopeTool[];
  /** `auto`, `none`, `required`, or the name of a tool. */
  toolChoice?: string;
  signal?: AbortSignal;
  [more: string]: unknown;
}

export interface HearthChatModelOptions extends Omit<ChatOptions, 'signal' | 'tools' | 'toolChoice'> {
  /** A model of this process; it stays loaded until its owner disposes it. */
  model: LocalModel;
  /** Whether `call` gives a generator; true unless given. */
  stream?: boolean;
}

/** A model of this process in the shape of agentscope-typescript's `ChatModelBase`. */
export class HearthChatModel {
  readonly modelName: string;
  readonly stream: boolean;
  readonly maxRetries = 0;
  private readonly local: LocalModel;
  private readonly defaults: ChatOptions;

  constructor({ model, stream = true, ...defaults }: HearthChatModelOptions) {
    this.local = model;
    this.modelName = model.info.id;
    this.stream = stream;
    this.defaults = defaults;
  }

  /**
   * Answers messages: with the whole reply, or with a generator that yields what is new and returns the whole.
   * @throws InferenceError
   */
  async call(options: CallOptions): Promise<ChatResponse | AsyncGenerator<ChatResponse, ChatResponse>> {
    const messages = options.messages.flatMap(toMessages);
    const settings = this.settings(options);
    const answer = respond(this.local.stream(messages, settings));
    if (this.stream) return answer;
    let next = await answer.next();
    while (next.done !== true) next = await answer.next();
    return next.value;
  }

  /** An object of a zod schema, which the model keeps to while it writes. */
  async callStructured({
    messages,
    schema,
  }: {
    messages: readonly AgentScopeMessage[];
    schema: { toJSONSchema(options?: object): object };
  }): Promise<Omit<ChatResponse, 'type' | 'content'> & { type: 'structured'; content: Record<string, unknown> }> {
    const format = { type: 'schema' as const, schema: { ...schema.toJSONSchema() } };
    const started = performance.now();
    const reply = await this.local.chat(messages.flatMap(toMessages), { ...this.defaults, format });
    if (reply.finishReason === 'length')
      throw new InferenceError('invalid_request', 'The object was cut off by its length; raise maxTokens.', {
        param: 'maxTokens',
      });
    const content = JSON.parse(reply.text) as Record<string, unknown>;
    return { ...head(), type: 'structured', content, usage: usageOf(reply.usage, started) };
  }

  /** The tokens of messages as the model reads them. */
  async countTokens({ messages, tools }: Pick<CallOptions, 'messages' | 'tools'>): Promise<number> {
    const text = this.local.tokenizer.applyChatTemplate(messages.flatMap(toMessages), { tools: tools?.map(toTool) });
    return (await this.local.tokenizer.encode(text)).length;
  }

  private settings({ tools, toolChoice, signal }: CallOptions): ChatOptions {
    const known = toolChoice === undefined || ['auto', 'none', 'required'].includes(toolChoice);
    const choice = known ? (toolChoice as 'auto' | 'none' | 'required' | undefined) : { name: toolChoice };
    return { ...this.defaults, signal, ...(tools && { tools: tools.map(toTool), toolChoice: choice }) };
  }
}

function toTool({
  function: { name, description, parameters },
}: AgentScopeTool): NonNullable<ChatOptions['tools']>[number] {
  return {
    name,
    ...(description !== undefined && { description }),
    ...(parameters && { parameters: { ...parameters } }),
  };
}

async function* respond(events: AsyncIterable<GenerateEvent>): AsyncGenerator<ChatResponse, ChatResponse> {
  const started = performance.now();
  const blocks: ChatResponse['content'] = [];
  const calls = new Map<number, ToolCallBlock>();
  let usage: ChatResponse['usage'];
  for await (const event of events) {
    if (event.type === 'delta') {
      const { text } = event;
      const block = latest(blocks, 'text', () => ({ ...times(), type: 'text', text: '' }));
      block.text += text;
      yield { ...head(), content: [{ ...block, text }] };
    } else if (event.type === 'reasoning') {
      const { text: thinking } = event;
      const block = latest(blocks, 'thinking', () => ({ ...times(), type: 'thinking', thinking: '' }));
      block.thinking += thinking;
      yield { ...head(), content: [{ ...block, thinking }] };
    } else if (event.type === 'tool_call') {
      let block = calls.get(event.call);
      if (block === undefined) {
        const { created_at, finished_at } = times();
        block = {
          type: 'tool_call',
          id: event.id,
          name: event.name ?? '',
          input: '',
          state: 'pending',
          created_at,
          finished_at,
        };
        calls.set(event.call, block);
        blocks.push(block);
      }
      block.input += event.argumentsDelta ?? '';
      yield { ...head(), content: [{ ...block, input: event.argumentsDelta ?? '' }] };
    } else if (event.type === 'done') {
      usage = usageOf(event.usage, started);
    }
  }
  const finished = new Date().toISOString();
  return { ...head(), content: blocks.map((block) => ({ ...block, finished_at: finished })), ...(usage && { usage }) };
}

/** The last block where it is of this kind, else a new one behind it: pieces of one block share its id. */
function latest<Kind extends 'text' | 'thinking'>(
  blocks: ChatResponse['content'],
  kind: Kind,
  create: () => Extract<ChatResponse['content'][number], { type: Kind }>,
): Extract<ChatResponse['content'][number], { type: Kind }> {
  const last = blocks.at(-1);
  if (last?.type === kind) return last as Extract<ChatResponse['content'][number], { type: Kind }>;
  const block = create();
  blocks.push(block);
  return block;
}

function head(): Pick<ChatResponse, 'id' | 'createdAt'> & { type: 'chat' } {
  return { type: 'chat', id: crypto.randomUUID(), createdAt: new Date().toISOString() };
}

function times(): BlockTimes {
  return { id: crypto.randomUUID(), created_at: new Date().toISOString(), finished_at: null };
}

function usageOf({ promptTokens, completionTokens }: Usage, started: number): NonNullable<ChatResponse['usage']> {
  const time = (performance.now() - started) / 1000;
  return { type: 'chat_usage', inputTokens: promptTokens, outputTokens: completionTokens, time };
}

function toMessages({ name, role, content }: AgentScopeMessage): ChatMessage[] {
  if (typeof content === 'string') return [{ role, name, content }];
  const messages: ChatMessage[] = [];
  for (const block of content as readonly Readonly<Record<string, unknown>>[]) {
    const last = messages.at(-1);
    if (block['type'] === 'tool_result') {
      messages.push({
        role: 'tool',
        name: String(block['name']),
        toolCallId: String(block['id']),
        content: textIn(block['output']),
      });
    } else if (block['type'] === 'hint') {
      messages.push({ role: 'user', content: textIn(block['hint']) });
    } else {
      const open = last?.role === role ? last : { role, name, content: '' };
      if (open !== last) messages.push(open);
      if (block['type'] === 'text') open.content += String(block['text']);
      else if (block['type'] === 'thinking') open.reasoning = (open.reasoning ?? '') + String(block['thinking']);
      else if (block['type'] === 'tool_call')
        open.toolCalls = [
          ...(open.toolCalls ?? []),
          { id: String(block['id']), name: String(block['name']), arguments: String(block['input']) },
        ];
      else throw noSuchBlock(block['type']);
    }
  }
  return messages;
}

function textIn(value: unknown): string {
  if (typeof value === 'string') return value;
  const blocks = Array.isArray(value) ? (value as Readonly<Record<string, unknown>>[]) : [];
  return blocks.map((block) => (block['type'] === 'text' ? String(block['text']) : refuse(block['type']))).join('\n');
}

function refuse(type: unknown): never {
  throw noSuchBlock(type);
}

function noSuchBlock(type: unknown): InferenceError {
  const message = `The models of this process read text only; leave blocks of the type ${String(type)} out.`;
  return new InferenceError('unsupported', message, { param: 'messages' });
}
