import { GgmlType, type LlamaModel } from 'node-llama-cpp';
import { InferenceError } from '../../contract/errors.ts';
import type { KvCacheType } from '../../contract/memory.ts';
import type { LoadOptions } from '../engine.ts';

/** Values that a quantized type stores together: the same for all of them (QK4_0 … QK8_0 in ggml-common.h). */
const BLOCK = 32;
/** What is suggested where memory is short, the better first. */
const SMALLER: readonly KvCacheType[] = ['f16', 'q8_0', 'q4_0'];

const ggmlTypes: Record<KvCacheType, GgmlType> = {
  f32: GgmlType.F32,
  f16: GgmlType.F16,
  bf16: GgmlType.BF16,
  q8_0: GgmlType.Q8_0,
  q5_1: GgmlType.Q5_1,
  q5_0: GgmlType.Q5_0,
  q4_1: GgmlType.Q4_1,
  q4_0: GgmlType.Q4_0,
  iq4_nl: GgmlType.IQ4_NL,
};

/** The number that llama.cpp knows the type by. */
export function ggmlType(type: KvCacheType): GgmlType {
  return ggmlTypes[type];
}

/** Whether values are stored in blocks of less than 16 bits each. */
export function isQuantized(type: KvCacheType): boolean {
  return type !== 'f32' && type !== 'f16' && type !== 'bf16';
}

/**
 * Checks what llama.cpp checks for a quantized cache (llama_init_from_model), whose own error names no setting.
 * @throws InferenceError invalid_request for a type that this model or these settings cannot have
 */
export function checkKvCache(model: LlamaModel, { kvCacheType, flashAttention }: LoadOptions): void {
  if (!isQuantized(kvCacheType)) return;
  if (flashAttention === 'off') {
    throw new InferenceError(
      'invalid_request',
      `--kv-cache-type ${kvCacheType} works with flash attention alone; set --flash-attention auto or --kv-cache-type f16.`,
      { param: 'kv-cache-type' },
    );
  }
  const size = unevenHead(model);
  if (size === undefined) return;
  throw new InferenceError(
    'invalid_request',
    `--kv-cache-type ${kvCacheType} stores blocks of ${BLOCK} values, and the attention heads of this model have ${size}, which blocks cannot fill; use --kv-cache-type f16.`,
    { param: 'kv-cache-type' },
  );
}

/** Smaller types that this model can have with these settings, the better first. */
export function smallerTypes(model: LlamaModel, { kvCacheType, flashAttention }: LoadOptions): readonly KvCacheType[] {
  const after = { f32: 0, f16: 1, bf16: 1, q8_0: 2, q5_1: 2, q5_0: 2 } as Partial<Record<KvCacheType, number>>;
  const quantized = flashAttention !== 'off' && unevenHead(model) === undefined;
  return SMALLER.slice(after[kvCacheType] ?? SMALLER.length).filter((type) => quantized || !isQuantized(type));
}

/** The size of a head that blocks do not divide, if there is one. Sizes that the file leaves out follow from others. */
function unevenHead(model: LlamaModel): number | undefined {
  const { attention, embedding_length: width } = model.fileInfo.architectureMetadata;
  const heads = attention?.head_count;
  const usual = typeof heads === 'number' && typeof width === 'number' ? width / heads : undefined;
  const sizes = [
    attention?.key_length ?? usual,
    attention?.value_length ?? usual,
    attention?.key_length_swa,
    attention?.value_length_swa,
  ];
  return sizes.find((size) => typeof size === 'number' && size % BLOCK !== 0);
}
