import { abortError, InferenceError } from '../contract/errors.ts';
import { pause, systemClock, type Clock } from './clock.ts';
import type { ModelInput } from './message.ts';
import type { ModelConfig } from './model-config.ts';
import { ModelResponse } from './model-response.ts';

/** What a parse or fault handler may give: a whole response, or what becomes its `parsed`. */
export type ParseFunc = (response: ModelResponse) => unknown;

export interface CallOptions {
  /** Reads the reply; where it throws, the model is asked again. */
  parseFunc?: ParseFunc | undefined;
  /** Has the last word on the last reply, where no try could be read; without it the last error is thrown. */
  faultHandler?: ParseFunc | undefined;
  /** Whole calls in all where there is a `parseFunc`; 3 unless given. */
  maxRetries?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Whether the reply comes in pieces, as `response.stream`. */
  stream?: boolean | undefined;
  /** Beside and over the config's `generate_args` or `json_args`. */
  args?: Readonly<Record<string, unknown>> | undefined;
}

/** What a request to the model needs of the options. */
export type RequestOptions = Pick<CallOptions, 'signal' | 'args'> & { stream: boolean };

/** What wrappers are made with beside their config. */
export interface WrapperContext {
  clock: Clock;
  fetch: typeof fetch;
  env: NodeJS.ProcessEnv;
  /** Told one sentence about what went on differently than asked. */
  warn(sentence: string): void;
}

export const defaultContext: WrapperContext = {
  clock: systemClock,
  fetch: (...args) => fetch(...args),
  env: process.env,
  warn: (sentence) => process.emitWarning(sentence, 'HearthWarning'),
};

const defaultTries = 3;

/** A model by its config. What differs between the types is one request; what parsing and its tries are is here. */
export abstract class ModelWrapper<Config extends ModelConfig = ModelConfig> {
  readonly config: Config;
  readonly configName: string;
  readonly modelType: string;
  /** The model's name on the wire. */
  readonly modelName: string;
  /** The config's `max_length`, for whoever shortens prompts by it. */
  readonly maxLength: number | undefined;
  protected readonly context: WrapperContext;

  constructor(config: Config, context: WrapperContext = defaultContext) {
    this.config = config;
    this.configName = config.config_name;
    this.modelType = config.model_type;
    this.modelName = config.model_name ?? config.config_name;
    this.maxLength = config.max_length;
    this.context = context;
  }

  /** One request and its reply, tries on the network included. */
  protected abstract request(input: ModelInput | readonly string[], options: RequestOptions): Promise<ModelResponse>;

  /**
   * Asks the model.
   * @param input a prompt, a message or a conversation; of an embedding model a text or several
   * @throws InferenceError by the failure; what `parseFunc` threw last
   */
  async call(input: ModelInput | readonly string[], options: CallOptions = {}): Promise<ModelResponse> {
    const { parseFunc, faultHandler, maxRetries = defaultTries, signal, args } = options;
    if (!Number.isInteger(maxRetries) || maxRetries < 1) {
      const message = `maxRetries must be a whole number, 1 or more, not ${String(maxRetries)}.`;
      throw new InferenceError('invalid_request', message, { param: 'maxRetries' });
    }
    const stream = options.stream ?? (this.config.stream === true && parseFunc === undefined);
    if (stream && parseFunc !== undefined) {
      const message = 'parseFunc reads whole replies; leave it or stream out.';
      throw new InferenceError('invalid_request', message, { param: 'stream' });
    }
    if (signal?.aborted === true) throw abortError(signal);
    if (parseFunc === undefined) return this.request(input, { signal, args, stream });
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.request(input, { signal, args, stream: false });
      try {
        return withParsed(response, await parseFunc(response));
      } catch (error) {
        if (attempt >= maxRetries) {
          if (faultHandler === undefined) throw error;
          return withParsed(response, await faultHandler(response));
        }
        const reason = error instanceof Error ? error.message : String(error);
        this.context.warn(`${this.configName}: the reply could not be read (${attempt}/${maxRetries}): ${reason}`);
        // The original waits a second longer from try to try.
        await pause(this.context.clock, attempt * 1000, signal);
      }
    }
  }
}

function withParsed(response: ModelResponse, parsed: unknown): ModelResponse {
  if (parsed instanceof ModelResponse) return parsed;
  response.parsed = parsed;
  return response;
}
