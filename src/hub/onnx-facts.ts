import { z } from 'zod';
import { InferenceError } from '../contract/errors.ts';
import type { ModelFacts } from './facts.ts';

const size = z.int().min(0).optional().catch(undefined);

/** The keys of Transformers' config.json that say how large a context gets. */
const configSchema = z.object({
  model_type: z.string().catch('unknown'),
  max_position_embeddings: size,
  n_positions: size,
  num_hidden_layers: size,
  n_layer: size,
  num_attention_heads: size,
  num_key_value_heads: size,
  hidden_size: size,
  head_dim: size,
  vocab_size: size,
  is_decoder: z.boolean().optional().catch(undefined),
  architectures: z.array(z.string()).optional().catch(undefined),
});

/**
 * Reads what the configuration beside an ONNX model says about it.
 * @param template the chat template, where there is a file of its own or tokenizer_config.json holds one
 * @throws InferenceError model_failed for what is no JSON object
 */
export function onnxFacts(config: string, template: string | undefined, name: string): ModelFacts {
  const parsed = configSchema.safeParse(jsonOf(config));
  if (!parsed.success) throw new InferenceError('model_failed', `The config.json of ${name} is no JSON object.`);
  const {
    model_type,
    num_attention_heads: heads = 0,
    num_key_value_heads: kvHeads = heads,
    hidden_size = 0,
  } = parsed.data;
  const { head_dim = heads === 0 ? 0 : hidden_size / heads, architectures = [] } = parsed.data;
  const layers = parsed.data.num_hidden_layers ?? parsed.data.n_layer ?? 0;
  const generates = architectures.length === 0 || architectures.some((one) => /CausalLM|LMHead/.test(one));
  return {
    architecture: model_type,
    name: undefined,
    parameters: undefined,
    trainedContext: parsed.data.max_position_embeddings ?? parsed.data.n_positions,
    layers,
    vocabulary: parsed.data.vocab_size,
    template,
    licence: undefined,
    kvValuesPerToken: generates ? layers * kvHeads * head_dim * 2 : 0,
    slidingWindow: undefined,
  };
}

const tokenizerSchema = z.object({
  chat_template: z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))]),
});

/** The chat template in tokenizer_config.json or chat_template.json; of several the one called default. */
export function templateIn(config: string): string | undefined {
  const parsed = tokenizerSchema.safeParse(jsonOf(config));
  if (!parsed.success) return undefined;
  const { chat_template: found } = parsed.data;
  return typeof found === 'string' ? found : (found.find(({ name }) => name === 'default') ?? found[0])?.template;
}

function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
