import type { ClientOptions, OpenAI } from 'openai';
import { abortError, InferenceError } from '../contract/errors.ts';
import { statusError, wordsOf } from './failures.ts';
import type { OpenaiConfig } from './model-config.ts';
import { ModelWrapper, type WrapperContext } from './model-wrapper.ts';

/** What the types of OpenAI's API share: one client by the config, and its failures as ours. */
export abstract class OpenaiWrapper extends ModelWrapper<OpenaiConfig> {
  private readonly options: ClientOptions;
  private made: Promise<OpenAI> | undefined;

  constructor(config: OpenaiConfig, context?: WrapperContext) {
    super(config, context);
    this.options = clientOptions(config, this.context);
  }

  /** Runs one call of the client. @throws InferenceError by the status, or aborted */
  protected async ask<Result>(
    call: (client: OpenAI) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    // The package is large; only who talks to such a model loads it.
    this.made ??= import('openai').then(({ OpenAI: Client }) => new Client(this.options));
    const client = await this.made;
    try {
      return await call(client);
    } catch (error) {
      throw this.failure(error, signal);
    }
  }

  protected failure(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return abortError(signal);
    if (!(error instanceof Error) || error instanceof InferenceError) return error;
    const where = this.options.baseURL ?? 'https://api.openai.com/v1';
    const who = `${this.configName} (${where})`;
    // Asked by name: the class is not loaded where no call was made.
    const status = 'status' in error ? error.status : undefined;
    if (typeof status === 'number') {
      const body = 'error' in error ? error.error : undefined;
      return statusError(who, status, wordsOf(body) || wordsOf(error.message), 1, error);
    }
    if (error.constructor.name === 'APIConnectionTimeoutError')
      return new InferenceError('timeout', `${who} did not answer in time; raise the config's timeout.`, {
        cause: error,
      });
    if (error.constructor.name === 'APIConnectionError') {
      const message = `${who} could not be reached; check that it runs and client_args.base_url.`;
      return new InferenceError('model_failed', message, { cause: error });
    }
    return error;
  }
}

/** Python's names of the client's arguments that have a meaning in Node. */
const names = [
  'base_url',
  'default_headers',
  'default_query',
  'project',
  'timeout',
  'max_retries',
  'organization',
  'api_key',
];

function clientOptions(config: OpenaiConfig, { env, fetch }: WrapperContext): ClientOptions {
  const args = config.client_args ?? {};
  const stranger = Object.keys(args).find((key) => !names.includes(key));
  if (stranger !== undefined) {
    const message = `${config.config_name}: client_args.${stranger} is not known here; there are ${names.join(', ')}.`;
    throw new InferenceError('invalid_request', message, { param: `client_args.${stranger}` });
  }
  const apiKey = config.api_key ?? wanted(args, 'api_key', 'string', config) ?? env['OPENAI_API_KEY'];
  if (apiKey === undefined || apiKey === '') {
    const message = `${config.config_name}: api_key is missing, and the variable OPENAI_API_KEY is not set; a server without keys takes "EMPTY".`;
    throw new InferenceError('invalid_request', message, { param: 'api_key' });
  }
  const timeout = config.timeout ?? wanted(args, 'timeout', 'number', config);
  const tries = config.max_retries ?? 1 + (wanted(args, 'max_retries', 'number', config) ?? 2);
  const headers = wanted(args, 'default_headers', 'object', config);
  const query = wanted(args, 'default_query', 'object', config);
  return {
    apiKey,
    organization: config.organization ?? wanted(args, 'organization', 'string', config) ?? env['OPENAI_ORG_ID'] ?? null,
    project: wanted(args, 'project', 'string', config) ?? null,
    baseURL: wanted(args, 'base_url', 'string', config) ?? env['OPENAI_BASE_URL'] ?? null,
    // Ours counts requests, theirs those after the first.
    maxRetries: tries - 1,
    ...(timeout !== undefined && { timeout: timeout * 1000 }),
    ...(headers && { defaultHeaders: headers as Record<string, string> }),
    ...(query && { defaultQuery: query as Record<string, string> }),
    fetch,
  };
}

interface Kinds {
  string: string;
  number: number;
  object: object;
}

function wanted<Kind extends keyof Kinds>(
  args: Readonly<Record<string, unknown>>,
  key: string,
  kind: Kind,
  config: OpenaiConfig,
): Kinds[Kind] | undefined {
  const value = args[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === kind) return value as Kinds[Kind];
  const message = `${config.config_name}: client_args.${key} must be ${kind === 'object' ? 'an object' : `a ${kind}`}, not ${JSON.stringify(value)}.`;
  throw new InferenceError('invalid_request', message, { param: `client_args.${key}` });
}
