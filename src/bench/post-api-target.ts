import { text } from 'node:stream/consumers';
import { count, field } from './fields.ts';
import { HttpClient, parsedJson } from './http-client.ts';
import type { Ask, Target } from './target.ts';

export interface PostApiOptions {
  /** A `/llm/` URL. */
  url: URL;
  apiKey?: string | undefined;
  /** The field that holds the prompt: `inputs` unless the service wants another. */
  promptKey?: string | undefined;
}

/**
 * hearth's `/llm/`, and the two Flask services of AgentScope, greedy and not streamed. The first Flask service takes
 * string prompts alone, as they are, the second lists of messages alone; hearth takes both.
 */
export function postApiTarget({ url, apiKey, promptKey = 'inputs' }: PostApiOptions): Target {
  const client = new HttpClient(url.protocol === 'https:', apiKey);
  return {
    name: url.href,
    async ask(ask, signal) {
      const body = { [promptKey]: ask.prompt, ...generateArguments(ask) };
      const sentAt = performance.now();
      const reply = parsedJson(await text(await client.post(url, body, signal)));
      const totalMs = performance.now() - sentAt;
      const counts = readCounts(reply);
      const completionTokens = ask.ignoreEos ? ask.maxTokens : counts.completionTokens;
      const answer = readText(reply);
      if (answer === undefined || completionTokens === undefined) {
        const missing = answer === undefined ? 'response' : 'counts of tokens';
        throw new Error(`${url.href} answered without ${missing}; it must be hearth's or AgentScope's /llm/.`);
      }
      return {
        text: answer,
        firstTokenMs: totalMs,
        totalMs,
        pieceMs: [totalMs],
        promptTokens: counts.promptTokens,
        cachedTokens: undefined,
        completionTokens,
      };
    },
    async close() {
      client.close();
    },
  };
}

/** In Transformers' words. Greedy by `do_sample`: Transformers complains of a temperature of 0. */
function generateArguments({ maxTokens, ignoreEos }: Ask): object {
  return { max_new_tokens: maxTokens, ...(ignoreEos && { min_new_tokens: maxTokens }), do_sample: false };
}

function readText(reply: unknown): string | undefined {
  const choices = field(field(field(reply, 'data'), 'response'), 'choices');
  const content = field(field(Array.isArray(choices) ? choices[0] : undefined, 'message'), 'content');
  const found = field(reply, 'response') ?? content;
  return typeof found === 'string' ? found : undefined;
}

interface Counts {
  promptTokens: number | undefined;
  completionTokens: number | undefined;
}

/** hearth sends the fields of both Flask services, and true counts; each of them adds the prompt to the completion. */
function readCounts(reply: unknown): Counts {
  const data = field(reply, 'data');
  const promptTokens = count(reply, 'n_token_prompt') ?? count(data, 'prompt_tokens');
  const counted = count(reply, 'n_token_response') ?? count(data, 'completion_tokens');
  const truly = field(reply, 'response') !== undefined && data !== undefined;
  if (truly || counted === undefined) return { promptTokens, completionTokens: counted };
  const completionTokens = counted - (promptTokens ?? Infinity);
  return { promptTokens, completionTokens: completionTokens < 0 ? undefined : completionTokens };
}
