import type { LlamaModel } from 'node-llama-cpp';
import type { Embedder } from '../../contract/embed.ts';
import type { EmbedderEngine } from '../engine.ts';
import { Encoder, type EncoderOptions } from './encoder.ts';
import type { OpenModel } from './open-model.ts';
import { createTokenizer } from './tokenizer.ts';

/** Makes an opened model ready to make vectors. @throws InferenceError insufficient_memory */
export async function createEmbedder(opened: OpenModel, options: EncoderOptions): Promise<EmbedderEngine> {
  const { model, device } = opened;
  const encoder = await Encoder.create(opened, options, false);
  return {
    task: 'embed',
    format: 'gguf',
    embedder: new GgufEmbedder(encoder, model),
    tokenizer: createTokenizer(model),
    device,
  };
}

class GgufEmbedder implements Embedder {
  readonly dimensions: number;
  readonly contextSize: number;
  readonly lanes: number;
  private readonly encoder: Encoder;
  private readonly first: number | undefined;
  private readonly last: number | undefined;

  constructor(encoder: Encoder, model: LlamaModel) {
    this.encoder = encoder;
    this.dimensions = model.embeddingVectorSize;
    this.contextSize = encoder.contextSize;
    this.lanes = encoder.lanes;
    // As llama.cpp's own tokenizer adds them (llama-vocab.cpp, tokenize with add_special).
    const { tokens, vocabularyType } = model;
    const wordPiece = vocabularyType === 'wpm';
    this.first = (wordPiece || tokens.shouldPrependBosToken ? tokens.bos : null) ?? undefined;
    this.last = (wordPiece ? tokens.sep : tokens.shouldAppendEosToken ? tokens.eos : null) ?? undefined;
  }

  get load(): Embedder['load'] {
    return this.encoder.load;
  }

  framed(input: readonly number[]): readonly number[] {
    const { first, last } = this;
    const before = first !== undefined && input[0] !== first ? [first] : [];
    const after = last !== undefined && input.at(-1) !== last ? [last] : [];
    return [...before, ...input, ...after];
  }

  async embed(
    inputs: readonly (readonly number[])[],
    signal: AbortSignal,
    begun?: () => void,
  ): Promise<Float32Array[]> {
    return (await this.encoder.encode(inputs, signal, begun)).map(normalized);
  }

  dispose(): Promise<void> {
    return this.encoder.dispose();
  }
}

function normalized(vector: Float64Array): Float32Array {
  const length = Math.hypot(...vector);
  return Float32Array.from(vector, (value) => (length > 0 ? value / length : 0));
}
