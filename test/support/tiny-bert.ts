import { writeFileSync } from 'node:fs';

/** A value of a GGUF file with its type (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). */
export type Value =
  | { u32: number }
  | { f32: number }
  | { flag: boolean }
  | { text: string }
  | { texts: readonly string[] }
  | { i32s: readonly number[] };

const WIDTH = 32;
const CONTEXT = 64;
const ALIGNMENT = 32;

const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const letters = 'abcdefghijklmnopqrstuvwxyz'.split('');
/** `▁` begins a word, as in llama.cpp's WordPiece vocabularies. */
const words = [...special, ...letters.map((letter) => `▁${letter}`), ...letters];

/**
 * Writes a BERT of one layer with random weights, always the same: a word of n letters has n tokens.
 * @param pooling llama.h's LLAMA_POOLING_TYPE: mean makes vectors, rank scores pairs; undefined leaves the key out
 */
export function writeTinyBert(file: string, pooling: 'mean' | 'rank' | undefined): void {
  const metadata: Record<string, Value> = {
    'general.architecture': { text: 'bert' },
    'general.name': { text: 'tiny random BERT' },
    'bert.block_count': { u32: 1 },
    'bert.context_length': { u32: CONTEXT },
    'bert.embedding_length': { u32: WIDTH },
    'bert.feed_forward_length': { u32: 2 * WIDTH },
    'bert.attention.head_count': { u32: 2 },
    'bert.attention.layer_norm_epsilon': { f32: 1e-12 },
    'bert.attention.causal': { flag: false },
    ...(pooling !== undefined && { 'bert.pooling_type': { u32: pooling === 'mean' ? 1 : 4 } }),
    'tokenizer.ggml.model': { text: 'bert' },
    'tokenizer.ggml.token_type_count': { u32: 2 },
    'tokenizer.ggml.tokens': { texts: words },
    'tokenizer.ggml.token_type': { i32s: words.map((_word, id) => (id < special.length ? 3 : 1)) },
    'tokenizer.ggml.padding_token_id': { u32: 0 },
    'tokenizer.ggml.unknown_token_id': { u32: 1 },
    'tokenizer.ggml.bos_token_id': { u32: 2 },
    // llama.cpp's own spelling
    'tokenizer.ggml.seperator_token_id': { u32: 3 },
    'tokenizer.ggml.mask_token_id': { u32: 4 },
  };
  const tensors: Record<string, readonly number[]> = {
    'token_embd.weight': [WIDTH, words.length],
    'position_embd.weight': [WIDTH, CONTEXT],
    'token_types.weight': [WIDTH, 2],
    ...norm('token_embd_norm'),
    ...linear('blk.0.attn_q', WIDTH, WIDTH),
    ...linear('blk.0.attn_k', WIDTH, WIDTH),
    ...linear('blk.0.attn_v', WIDTH, WIDTH),
    ...linear('blk.0.attn_output', WIDTH, WIDTH),
    ...norm('blk.0.attn_output_norm'),
    ...linear('blk.0.ffn_up', WIDTH, 2 * WIDTH),
    ...linear('blk.0.ffn_down', 2 * WIDTH, WIDTH),
    ...norm('blk.0.layer_output_norm'),
    ...(pooling === 'rank' && { ...linear('cls', WIDTH, WIDTH), ...linear('cls.output', WIDTH, 1) }),
  };
  writeFileSync(file, ggufOf(metadata, tensors));
}

function linear(name: string, inputs: number, outputs: number): Record<string, readonly number[]> {
  return { [`${name}.weight`]: [inputs, outputs], [`${name}.bias`]: [outputs] };
}

function norm(name: string): Record<string, readonly number[]> {
  return { [`${name}.weight`]: [WIDTH], [`${name}.bias`]: [WIDTH] };
}

/** A GGUF file with random weights, always the same. @param tensors their shapes, by name */
export function ggufOf(metadata: Record<string, Value>, tensors: Record<string, readonly number[]>): Buffer {
  const random = randomNumbers();
  const infos: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [name, shape] of Object.entries(tensors)) {
    infos.push(text(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset));
    const count = shape.reduce((product, size) => product * size, 1);
    const floats = Buffer.from(Float32Array.from({ length: count }, () => random()).buffer);
    data.push(floats, Buffer.alloc(-floats.length & (ALIGNMENT - 1)));
    offset += floats.length + (-floats.length & (ALIGNMENT - 1));
  }
  const keys = Object.entries(metadata).flatMap(([key, value]) => [text(key), valueOf(value)]);
  const counts = [u64(Object.keys(tensors).length), u64(Object.keys(metadata).length)];
  const head = Buffer.concat([Buffer.from('GGUF'), u32(3), ...counts, ...keys, ...infos]);
  return Buffer.concat([head, Buffer.alloc(-head.length & (ALIGNMENT - 1)), ...data]);
}

function valueOf(value: Value): Buffer {
  if ('u32' in value) return Buffer.concat([u32(4), u32(value.u32)]);
  if ('f32' in value) return Buffer.concat([u32(6), Buffer.from(Float32Array.of(value.f32).buffer)]);
  if ('flag' in value) return Buffer.concat([u32(7), Buffer.of(value.flag ? 1 : 0)]);
  if ('text' in value) return Buffer.concat([u32(8), text(value.text)]);
  if ('texts' in value) return Buffer.concat([u32(9), u32(8), u64(value.texts.length), ...value.texts.map(text)]);
  return Buffer.concat([u32(9), u32(5), u64(value.i32s.length), ...value.i32s.map(u32)]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

/** Numbers from −0.5 to 0.5 that are the same each time (mulberry32). */
function randomNumbers(): () => number {
  let state = 203;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 - 0.5;
  };
}
