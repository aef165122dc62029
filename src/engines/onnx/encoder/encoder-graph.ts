import type { Port, Session } from '../thread/session.ts';

/** What an encoder's graph gives: a vector for each token, one that the graph has pooled already, or logits. */
export interface EncoderOutput {
  name: string;
  kind: 'tokens' | 'pooled' | 'logits';
}

/** A graph that reads whole inputs. */
export interface EncoderGraph {
  /** Those of a value for each token. */
  perToken: readonly TokenInput[];
  /** Keys and values of earlier tokens, which decoders' graphs want; they are empty here. */
  past: readonly Port[];
  /** Says how many tokens a decoder's graph gives logits for, where it asks. */
  keptLogits: Port | undefined;
  output: EncoderOutput;
}

export const tokenInputs = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'] as const;
export type TokenInput = (typeof tokenInputs)[number];

/** Outputs with a vector for each token, as exporters call them (Optimum, sentence-transformers, Transformers.js). */
const tokenVectors: ReadonlySet<string> = new Set(['last_hidden_state', 'token_embeddings', 'hidden_states']);

/**
 * How a graph is to be run.
 * @param wants what the model's task needs
 * @returns a sentence where this is not known
 */
export function encoderGraph(
  { inputs, outputs }: Pick<Session, 'inputs' | 'outputs'>,
  wants: 'vectors' | 'logits',
): EncoderGraph | string {
  const past = inputs.filter(({ name }) => name.startsWith('past_key_values'));
  const keptLogits = inputs.find(({ name, type }) => name === 'num_logits_to_keep' && type === 'int64');
  const others = inputs.filter((port) => port !== keptLogits && !past.includes(port));
  const strange = others.find(({ name, type, shape }) => !isTokenInput(name) || type !== 'int64' || shape.length !== 2);
  if (strange !== undefined) {
    return `The graph wants ${strange.name} (${strange.type ?? 'unknown'}), which is not known here; export the model with ${tokenInputs.join(', ')} alone.`;
  }
  const strangePast = past.find(({ type, shape }) => (type !== 'float32' && type !== 'float16') || shape.length !== 4);
  if (strangePast !== undefined) return `The graph wants ${strangePast.name}, whose type or shape is not known here.`;
  if (!others.some(({ name }) => name === 'input_ids'))
    return 'The graph has no input input_ids; export the model again.';
  const output = wants === 'logits' ? logitsOf(outputs) : vectorsOf(outputs);
  if (output === undefined) {
    const wanted = wants === 'logits' ? 'logits' : 'sentence_embedding or last_hidden_state';
    const has = outputs.map(({ name }) => name).join(', ');
    return `The graph gives ${has}, but ${wanted} is needed; export the model for its task.`;
  }
  return { perToken: others.map(({ name }) => name).filter(isTokenInput), past, keptLogits, output };
}

function logitsOf(outputs: readonly Port[]): EncoderOutput | undefined {
  const logits = outputs.filter(isFloat).find(({ name, shape }) => name === 'logits' && shape.length === 2);
  return logits && { name: logits.name, kind: 'logits' };
}

function vectorsOf(outputs: readonly Port[]): EncoderOutput | undefined {
  const floats = outputs.filter(isFloat);
  // What sentence-transformers has exported is pooled and sent through all of its modules.
  const pooled = floats.find(({ name, shape }) => name === 'sentence_embedding' && shape.length === 2);
  if (pooled !== undefined) return { name: pooled.name, kind: 'pooled' };
  const tokens = floats.find(({ name, shape }) => tokenVectors.has(name) && shape.length === 3);
  return tokens && { name: tokens.name, kind: 'tokens' };
}

function isFloat({ type }: Port): boolean {
  return type === 'float32' || type === 'float16';
}

function isTokenInput(name: string): name is TokenInput {
  return tokenInputs.some((known) => known === name);
}
