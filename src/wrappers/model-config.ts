import { z } from 'zod';

const text = z.string({ error: 'a string' });
const filled = text.min(1, { error: 'a string that is not empty' });
const object = z.record(z.string(), z.unknown(), { error: 'an object' });
const headers = z.record(z.string(), z.string({ error: 'a string' }), { error: 'an object whose values are strings' });
const seconds = (error: string): z.ZodNumber => z.number({ error }).min(0, { error });
const tries = z.int({ error: 'a whole number, 1 or more' }).min(1, { error: 'a whole number, 1 or more' });

const common = {
  config_name: filled,
  model_type: filled,
  /** The model's name on the wire; `config_name` where it is missing. The tutorial's files call it `model`. */
  model_name: filled.optional(),
  model: filled.optional(),
  /** Tokens that the model takes at most; kept for whoever shortens prompts by it, never sent. */
  max_length: z.int({ error: 'a whole number' }).optional(),
  /** Seconds that one try may take. */
  timeout: z.number({ error: 'seconds above 0' }).positive({ error: 'seconds above 0' }).optional(),
  /** Requests in all, the first included. */
  max_retries: tries.optional(),
  /** Taken and not used: the original's limit on the cost of the calls. */
  budget: z.number({ error: 'a number' }).optional(),
  /** Whether the reply comes in pieces unless a call says otherwise. */
  stream: z.boolean({ error: 'true or false' }).optional(),
};

const openai = {
  api_key: text.optional(),
  organization: text.optional(),
  /** Arguments of the client, named as in Python: base_url, default_headers, default_query, project. */
  client_args: object.optional(),
  /** Sent with every request. */
  generate_args: object.optional(),
};

const postApi = {
  api_url: z.url({ protocol: /^https?$/, error: 'a URL that begins with http:// or https://' }),
  headers: headers.optional(),
  /** Fields of the body. */
  json_args: object.optional(),
  /** The original's further arguments of `requests.post`; taken and not used. */
  post_args: object.optional(),
  /** The field of the prompt. */
  messages_key: filled.optional(),
  /** Seconds before the second try; before the third it is twice that. */
  retry_interval: seconds('seconds, 0 or more').optional(),
};

const local = {
  /** What `loadModel` gets beside the name, named as the server's flags or with _ for -. */
  load_args: object.optional(),
  /** Named as in OpenAI's API. */
  generate_args: object.optional(),
};

const openaiConfig = z.strictObject({ ...common, ...openai });
const postApiConfig = z.strictObject({ ...common, ...postApi });
const localConfig = z.strictObject({ ...common, ...local });
/** A type of another package: kept as it is, for a file is shared; it fails when such a model is wanted. */
const foreignConfig = z.looseObject({ ...common, api_url: postApi.api_url.optional() });

export type OpenaiConfig = z.infer<typeof openaiConfig>;
export type PostApiConfig = z.infer<typeof postApiConfig>;
export type LocalConfig = z.infer<typeof localConfig>;

/** An entry of a configuration, keys as in AgentScope's files. */
export type ModelConfig = z.infer<typeof foreignConfig>;

const openaiTypes = ['openai', 'openai_chat', 'openai_dall_e', 'openai_embedding'] as const;
const postApiTypes = ['post_api', 'post_api_chat', 'post_api_dall_e', 'post_api_embedding'] as const;

/** Names of releases from 0.0.5 on, and what they are called here. */
const otherNames: Readonly<Record<string, string>> = { post_api_dalle: 'post_api_dall_e' };

export const modelTypes = [...openaiTypes, ...postApiTypes, 'local'] as const;
export type ModelType = (typeof modelTypes)[number];

/** The type as it is called here; undefined for one that is not made here. */
export function knownType(written: string): ModelType | undefined {
  const name = otherNames[written] ?? written;
  return modelTypes.find((type) => type === name);
}

/** What an entry of this type has to be. */
export function schemaOf(
  type: ModelType | undefined,
): typeof openaiConfig | typeof postApiConfig | typeof localConfig | typeof foreignConfig {
  if (type === undefined) return foreignConfig;
  if (type === 'local') return localConfig;
  return openaiTypes.some((name) => name === type) ? openaiConfig : postApiConfig;
}
