import { abortError, InferenceError } from '../contract/errors.ts';
import { eventData } from './event-stream.ts';
import { wordsOf } from './failures.ts';
import { toMessages, toPrompt, type ModelInput } from './message.ts';
import type { PostApiConfig } from './model-config.ts';
import { ModelResponse } from './model-response.ts';
import { ModelWrapper, type RequestOptions } from './model-wrapper.ts';
import { postJson, type Posted } from './post-json.ts';
import { isWhole, pieceOf, textOf, usageOf } from './reply-forms.ts';

/** The original's numbers, but for the timeout: its own 30 s were never applied, and a local model may need longer. */
const defaults = { tries: 3, intervalSeconds: 1, timeoutSeconds: 600 };

/**
 * `post_api`: any JSON over POST. A string goes out as it is, messages as a list; whatever comes back is `raw`, with `text`
 * where the form is known (reply-forms.ts).
 */
export class PostApiWrapper extends ModelWrapper<PostApiConfig> {
  protected async request(input: ModelInput | readonly string[], options: RequestOptions): Promise<ModelResponse> {
    const posted = await this.post(this.prompt(input as ModelInput), options);
    if (posted.kind === 'stream') return this.streamed(posted, options.signal);
    const { body } = posted;
    const text = this.textIn(body);
    const fields = { raw: body, text, usage: usageOf(body) };
    // Who asked for a stream of a server that has none gets one piece.
    return options.stream
      ? new ModelResponse({ raw: body, usage: fields.usage }, () => onePiece(text ?? ''))
      : new ModelResponse(fields);
  }

  /** What is sent of the input. */
  protected prompt(input: ModelInput): unknown {
    return this.isOpenaiForm() ? toMessages(input) : toPrompt(input);
  }

  /** The text of a reply; undefined where its form is not known. @throws InferenceError where there has to be one */
  protected textIn(body: unknown): string | undefined {
    return textOf(body);
  }

  /** Sends the prompt with the config's fields. @throws as `postJson` */
  protected post(prompt: unknown, { signal, args, stream }: RequestOptions): Promise<Posted> {
    const { api_url: url, headers = {}, json_args: fields, messages_key: key, model_name: model } = this.config;
    const { clock, fetch } = this.context;
    const openai = this.isOpenaiForm();
    const name = key ?? (openai ? 'messages' : 'inputs');
    return postJson({
      url,
      headers,
      body: {
        ...(openai && model !== undefined && { model }),
        ...fields,
        ...args,
        ...(stream && { stream: true, ...(openai && { stream_options: { include_usage: true } }) }),
        [name]: prompt,
      },
      who: this.who(),
      timeoutMs: (this.config.timeout ?? defaults.timeoutSeconds) * 1000,
      tries: this.config.max_retries ?? defaults.tries,
      intervalMs: (this.config.retry_interval ?? defaults.intervalSeconds) * 1000,
      signal,
      clock,
      fetch,
    });
  }

  /** A reply as JSON. @throws InferenceError where it is a stream that nobody asked for; as `postJson` */
  protected async postForJson(prompt: unknown, options: RequestOptions): Promise<unknown> {
    const posted = await this.post(prompt, { ...options, stream: false });
    if (posted.kind === 'json') return posted.body;
    posted.close();
    await posted.response.body?.cancel();
    throw this.unread('a stream instead of JSON; leave stream out of json_args');
  }

  /** A reply that cannot be used. @param what what came, in words that complete the sentence */
  protected unread(what: string): InferenceError {
    return new InferenceError('model_failed', `${this.who()} answered with ${what}.`);
  }

  private who(): string {
    return `${this.configName} (${this.config.api_url})`;
  }

  /** ModelScope's and other hosts' `/v1/chat/completions`: messages under their own name, and the model with them. */
  private isOpenaiForm(): boolean {
    return new URL(this.config.api_url).pathname.replace(/\/$/, '').endsWith('/chat/completions');
  }

  private streamed(posted: Posted & { kind: 'stream' }, signal: AbortSignal | undefined): ModelResponse {
    return new ModelResponse({ raw: [] }, (response) => this.pieces(posted, response, signal));
  }

  private async *pieces(
    { response: http, close }: Posted & { kind: 'stream' },
    response: ModelResponse,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<string, void, void> {
    const frames: unknown[] = [];
    response.raw = frames;
    try {
      if (http.body === null) return;
      for await (const data of eventData(http.body)) {
        const frame = this.frame(data);
        frames.push(frame);
        response.usage = usageOf(frame) ?? response.usage;
        if (!isWhole(frame)) yield pieceOf(frame);
      }
    } catch (error) {
      if (signal?.aborted === true) throw abortError(signal);
      throw error;
    } finally {
      close();
    }
  }

  private frame(data: string): unknown {
    let frame: unknown;
    try {
      frame = JSON.parse(data);
    } catch (cause) {
      throw new InferenceError('model_failed', `${this.who()} streamed something that is no JSON.`, { cause });
    }
    const failed = typeof frame === 'object' && frame !== null && 'error' in frame ? wordsOf(frame) : '';
    if (failed !== '') throw new InferenceError('model_failed', `${this.who()} failed while it answered: ${failed}`);
    return frame;
  }
}

async function* onePiece(text: string): AsyncGenerator<string, void, void> {
  yield text;
}
