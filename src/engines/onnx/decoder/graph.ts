import { KEPT } from './last-logits.ts';
import type { Port, Session, TensorType } from '../thread/session.ts';

/** One tensor of keys or of values, of one layer: [rows, heads, tokens, width]. */
export interface CachePort {
  /** The input's name and the output's. */
  past: string;
  present: string;
  heads: number;
  /** Numbers of a head. */
  width: number;
}

/** A decoder as the loop runs it: tokens, mask and cache in; logits and a longer cache out. */
export interface DecoderGraph {
  caches: readonly CachePort[];
  cacheType: 'float32' | 'float16';
  logitsType: 'float32' | 'float16';
  /** Tokens of the vocabulary that it gives logits for. */
  vocabularySize: number;
  /** Whether it asks for positions; otherwise it counts the mask. */
  positions: boolean;
  /** The shape of the input that says how many logits are computed; without it those of every token are. */
  keptLogits: readonly number[] | undefined;
  /** Exports that merged two graphs ask whether there is a cache. */
  cacheBranch: boolean;
}

const known = new Set(['input_ids', 'attention_mask', 'position_ids', KEPT, 'use_cache_branch']);

/**
 * Reads a decoder from the names and shapes of its inputs and outputs, as optimum and Transformers.js export them.
 * @returns why the loop cannot run it, where it cannot
 */
export function decoderGraph({ inputs, outputs }: Pick<Session, 'inputs' | 'outputs'>): DecoderGraph | string {
  const named = (name: string): Port | undefined => inputs.find((port) => port.name === name);
  const given = new Map(outputs.map((port) => [port.name, port]));
  const caches: CachePort[] = [];
  const cacheTypes = new Set<TensorType | undefined>();
  for (const { name, type, shape } of inputs) {
    const [, rest] = /^past_key_values\.(\d+\.(?:key|value))$/.exec(name) ?? [];
    if (rest === undefined) {
      if (known.has(name)) continue;
      return `its input ${name} is not known`;
    }
    const present = `present.${rest}`;
    const [, heads, , width] = shape;
    if (!given.has(present) || typeof heads !== 'number' || typeof width !== 'number') {
      return `its cache ${name} has no fixed heads or no output ${present}`;
    }
    caches.push({ past: name, present, heads, width });
    cacheTypes.add(type);
  }
  const logits = given.get('logits');
  const vocabularySize = logits?.shape[2];
  const [cacheType, other] = cacheTypes;
  if (!named('input_ids') || !named('attention_mask')) return 'it has no inputs input_ids and attention_mask';
  if (typeof vocabularySize !== 'number') return 'it has no output logits of a fixed vocabulary';
  if (other !== undefined || !isFloat(cacheType) || !isFloat(logits?.type)) {
    return 'its cache and logits are neither 32 nor 16 bit floats';
  }
  return {
    caches,
    cacheType,
    logitsType: logits.type,
    vocabularySize,
    positions: named('position_ids') !== undefined,
    keptLogits: named(KEPT)?.shape.map(Number),
    cacheBranch: named('use_cache_branch') !== undefined,
  };
}

function isFloat(type: TensorType | undefined): type is 'float32' | 'float16' {
  return type === 'float32' || type === 'float16';
}

/** Bytes that keys and values of one token take. */
export function bytesPerToken({ caches, cacheType }: DecoderGraph): number {
  return caches.reduce((sum, { heads, width }) => sum + heads * width, 0) * (cacheType === 'float16' ? 2 : 4);
}
