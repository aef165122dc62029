/** What a model's key-value cache can be stored in, in llama.cpp's words; the larger ones first. */
export const kvCacheTypes = ['f32', 'f16', 'bf16', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0', 'iq4_nl'] as const;
export type KvCacheType = (typeof kvCacheTypes)[number];

/** What the contexts of all slots take, and of how much. */
export interface ContextMemory {
  kvCacheType: KvCacheType;
  /** Whether flash attention is used; undefined where that cannot be known. */
  flashAttention: boolean | undefined;
  /** Bytes of the key-value cache and of the buffers to compute in. */
  contextBytes: number;
  /** Bytes that were free for them when the model was loaded. */
  freeBytes: number;
  /** The memory that is scarcer for them. */
  place: 'memory' | 'GPU memory';
  /** The container's limit in bytes, where that is what counts. */
  containerLimit: number | undefined;
  /** The rule that chose their size: `half at most`. */
  why: string;
  /** Bytes of the weights, wherever they are. */
  modelBytes: number;
}

/** Bytes for people: `94 MiB`, `1.5 GiB`. */
export function inBytes(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return gib < 1 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${gib.toFixed(1)} GiB`;
}
