import { InferenceError } from '../contract/errors.ts';
import type { ChatMessage, Role } from '../contract/generate.ts';
import type { ChatOptions, LocalModel } from '../contract/local-model.ts';
import { localArgs } from './local-args.ts';
import { toMessages, toTexts, type Message, type ModelInput } from './message.ts';
import type { LocalConfig } from './model-config.ts';
import { ModelResponse } from './model-response.ts';
import { ModelWrapper, type RequestOptions, type WrapperContext } from './model-wrapper.ts';

/**
 * `local`: a model in this process, loaded at its first use. It answers conversations, or makes vectors where it is an
 * embedding model.
 */
export class LocalWrapper extends ModelWrapper<LocalConfig> {
  private readonly open: () => Promise<LocalModel>;
  private readonly args: ChatOptions;

  /** @param open gives the loaded model, the same for everybody who names it */
  constructor(config: LocalConfig, open: () => Promise<LocalModel>, context?: WrapperContext) {
    super(config, context);
    this.open = open;
    this.args = localArgs(config.generate_args ?? {}, `${config.config_name}: generate_args`);
  }

  /** The loaded model: its tokenizer and all it can do. @throws what loading throws */
  model(): Promise<LocalModel> {
    return this.open();
  }

  protected async request(
    input: ModelInput | readonly string[],
    { signal, args, stream }: RequestOptions,
  ): Promise<ModelResponse> {
    const model = await this.open();
    if (!model.info.tasks.includes('generate')) return this.embed(model, input, signal);
    const messages = toMessages(input as ModelInput).map(toChatMessage);
    const options = { ...this.args, ...localArgs(args ?? {}, `${this.configName}: args`) };
    if (stream)
      return new ModelResponse({ raw: undefined }, (response) => pieces(model, messages, options, response, signal));
    const { signal: timed, done } = this.timed(signal);
    try {
      const reply = await model.chat(messages, { ...options, signal: timed });
      const { promptTokens, completionTokens } = reply.usage;
      return new ModelResponse({ raw: reply, text: reply.text, usage: { promptTokens, completionTokens } });
    } finally {
      done();
    }
  }

  private async embed(
    model: LocalModel,
    input: ModelInput | readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<ModelResponse> {
    const { vectors, promptTokens } = await model.embed(toTexts(input, this.modelType), { signal });
    const embedding = vectors.map((vector) => [...vector]);
    return new ModelResponse({ raw: embedding, embedding, usage: { promptTokens, completionTokens: 0 } });
  }

  /** The caller's signal, which the config's timeout also aborts. */
  private timed(signal: AbortSignal | undefined): { signal: AbortSignal | undefined; done(): void } {
    const { timeout } = this.config;
    if (timeout === undefined) return { signal, done: () => {} };
    const controller = new AbortController();
    const onAbort = (): void => controller.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const callOff = this.context.clock.after(timeout * 1000, () => {
      const message = `${this.configName} did not answer within ${timeout} s; raise the config's timeout.`;
      controller.abort(new InferenceError('timeout', message));
    });
    const done = (): void => {
      callOff();
      signal?.removeEventListener('abort', onAbort);
    };
    return { signal: controller.signal, done };
  }
}

const roles: readonly string[] = ['system', 'developer', 'user', 'assistant', 'tool'] satisfies Role[];

function toChatMessage({ role, content, name }: Message, index: number): ChatMessage {
  if (!roles.includes(role)) {
    const message = `messages[${index}].role must be one of ${roles.join(', ')}, not ${JSON.stringify(role)}.`;
    throw new InferenceError('invalid_request', message, { param: `messages[${index}].role` });
  }
  return { role: role as Role, content, ...(name !== undefined && { name }) };
}

async function* pieces(
  model: LocalModel,
  messages: readonly ChatMessage[],
  options: ChatOptions,
  response: ModelResponse,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, void> {
  for await (const event of model.stream(messages, { ...options, signal })) {
    if (event.type === 'delta') yield event.text;
    if (event.type !== 'done') continue;
    const { promptTokens, completionTokens } = event.usage;
    response.usage = { promptTokens, completionTokens };
  }
}
