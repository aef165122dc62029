import type { IncomingMessage } from 'node:http';
import { asError, count, field } from './fields.ts';
import { HttpClient, messageOf, parsedJson } from './http-client.ts';
import type { Answer, Ask, Target } from './target.ts';

export interface OpenaiOptions {
  /** The base of the API, ending in `/v1`. */
  url: URL;
  apiKey?: string | undefined;
  /** The name sent as `model`; left out, the first that `/models` lists. */
  model?: string | undefined;
}

/**
 * A server with OpenAI's chat completions, streamed and greedy. `ignore_eos` is an extension that hearth, llama-server
 * and vLLM share. A string prompt is sent as one user message.
 */
export function openaiTarget(options: OpenaiOptions): Target {
  const url = new URL(options.url);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  const client = new HttpClient(url.protocol === 'https:', options.apiKey);
  const completions = new URL('chat/completions', url);
  let model: Promise<string | undefined> | undefined;
  const modelName = (): Promise<string | undefined> => (model ??= firstModel(client, new URL('models', url)));
  return {
    name: options.url.href,
    async ask(ask, signal) {
      const body = chatBody(ask, options.model ?? (await modelName()));
      const sentAt = performance.now();
      const reply = await client.post(completions, body, signal);
      return await readStream(reply, { url: completions, sentAt, signal });
    },
    async close() {
      client.close();
    },
  };
}

async function firstModel(client: HttpClient, url: URL): Promise<string | undefined> {
  const data = field(parsedJson(await client.get(url)), 'data');
  const id = field(Array.isArray(data) ? data[0] : undefined, 'id');
  return typeof id === 'string' ? id : undefined;
}

function chatBody(ask: Ask, model: string | undefined): object {
  return {
    ...(model !== undefined && { model }),
    messages: typeof ask.prompt === 'string' ? [{ role: 'user', content: ask.prompt }] : ask.prompt,
    max_tokens: ask.maxTokens,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true },
    ...(ask.ignoreEos && { ignore_eos: true }),
  };
}

interface Reading {
  url: URL;
  /** By `performance.now()`. */
  sentAt: number;
  signal: AbortSignal | undefined;
}

/** Reads server-sent events as they come. @throws Error for an error in the stream, and where it ends without usage */
async function readStream(reply: IncomingMessage, { url, sentAt, signal }: Reading): Promise<Answer> {
  const pieceMs: number[] = [];
  let text = '';
  let usage: unknown;
  let rest = '';
  reply.setEncoding('utf8');
  try {
    for await (const chunk of reply as AsyncIterable<string>) {
      const now = performance.now() - sentAt;
      rest += chunk;
      let start = 0;
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
        // Whole lines alone; `[DONE]` and comments are no JSON objects.
        if (rest.startsWith('data: {', start)) {
          const event = readEvent(rest.slice(start + 6, end), url);
          if (event.generated) pieceMs.push(now);
          text += event.text;
          usage = event.usage ?? usage;
        }
        start = end + 1;
      }
      rest = rest.slice(start);
    }
  } catch (error) {
    if (signal?.aborted === true) throw asError(signal.reason);
    if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET')
      throw new Error(`${url.href} broke its reply off.`, { cause: error });
    throw error;
  }
  const totalMs = performance.now() - sentAt;
  const completionTokens = count(usage, 'completion_tokens');
  if (completionTokens === undefined)
    throw new Error(`${url.href} sent no usage; the server must know stream_options.include_usage.`);
  if (pieceMs.length === 0) pieceMs.push(totalMs);
  return {
    text,
    firstTokenMs: pieceMs[0] ?? totalMs,
    totalMs,
    pieceMs,
    promptTokens: count(usage, 'prompt_tokens'),
    cachedTokens: count(field(usage, 'prompt_tokens_details'), 'cached_tokens'),
    completionTokens,
  };
}

interface StreamEvent {
  text: string;
  /** Whether it brings something that the model generated, text or reasoning. */
  generated: boolean;
  usage: unknown;
}

function readEvent(json: string, url: URL): StreamEvent {
  const event = parsedJson(json);
  if (event === undefined) throw new Error(`${url.href} sent an event that is no JSON: ${json.slice(0, 80)}`);
  if (field(event, 'error') !== undefined) throw new Error(`${url.href} broke its reply off: ${messageOf(json)}`);
  const choices = field(event, 'choices');
  const delta = field(Array.isArray(choices) ? choices[0] : undefined, 'delta');
  const content = field(delta, 'content');
  const text = typeof content === 'string' ? content : '';
  // vLLM says `reasoning`, llama-server `reasoning_content`.
  const reasoning = field(delta, 'reasoning_content') ?? field(delta, 'reasoning');
  const generated = text !== '' || (typeof reasoning === 'string' && reasoning !== '');
  return { text, generated, usage: field(event, 'usage') ?? undefined };
}
