import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParams,
} from 'openai/resources/chat/completions';
import { abortError } from '../contract/errors.ts';
import { toMessages, type ModelInput } from './message.ts';
import { ModelResponse } from './model-response.ts';
import type { RequestOptions } from './model-wrapper.ts';
import { OpenaiWrapper } from './openai-wrapper.ts';
import { textOf, usageOf } from './reply-forms.ts';

/** `openai`, `openai_chat`: OpenAI's chat completions, at any server that speaks them. */
export class OpenaiChatWrapper extends OpenaiWrapper {
  protected async request(
    input: ModelInput | readonly string[],
    { signal, args, stream }: RequestOptions,
  ): Promise<ModelResponse> {
    // What the config holds beside these is the server's to judge.
    const params = {
      model: this.modelName,
      ...this.config.generate_args,
      ...args,
      messages: toMessages(input as ModelInput),
    } as unknown as ChatCompletionCreateParams;
    const options = { signal };
    if (stream) {
      const chunks = await this.ask(
        (client) =>
          client.chat.completions.create({ ...params, stream: true, stream_options: { include_usage: true } }, options),
        signal,
      );
      return new ModelResponse({ raw: [] }, (response) => this.pieces(chunks, response, signal));
    }
    const raw: ChatCompletion = await this.ask(
      (client) => client.chat.completions.create({ ...params, stream: false }, options),
      signal,
    );
    return new ModelResponse({ raw, text: textOf(raw) ?? '', usage: usageOf(raw) });
  }

  private async *pieces(
    chunks: AsyncIterable<ChatCompletionChunk>,
    response: ModelResponse,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<string, void, void> {
    const frames: ChatCompletionChunk[] = [];
    response.raw = frames;
    try {
      for await (const chunk of chunks) {
        frames.push(chunk);
        response.usage = usageOf(chunk) ?? response.usage;
        yield chunk.choices[0]?.delta.content ?? '';
      }
    } catch (error) {
      throw this.failure(error, signal);
    }
    // The client ends an aborted stream as if it were whole.
    if (signal?.aborted === true) throw abortError(signal);
  }
}
