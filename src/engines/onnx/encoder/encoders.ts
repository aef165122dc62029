import type { Activation, Classifier } from '../../../contract/classify.ts';
import type { Embedder } from '../../../contract/embed.ts';
import { InferenceError } from '../../../contract/errors.ts';
import type { WholeInput } from '../../../contract/input.ts';
import type { Ranker } from '../../../contract/rank.ts';
import type { ClassifierEngine, EmbedderEngine, LoadOptions, RankerEngine } from '../../engine.ts';
import { EncoderClient } from './encoder-client.ts';
import type { OnnxFolder } from '../folder/folder.ts';
import type { Placement } from '../placement.ts';
import { createOnnxTokenizer } from '../tokenizer/tokenizer.ts';

/**
 * Makes a folder's embedding model, reranker or classifier ready, in a thread of its own.
 * @throws InferenceError model_failed, unsupported for a graph that is not known
 */
export async function createOnnxEncoder(
  folder: OnnxFolder,
  placement: Placement,
  options: LoadOptions,
): Promise<EmbedderEngine | RankerEngine | ClassifierEngine> {
  const tokenizer = createOnnxTokenizer(folder);
  const encoder = await EncoderClient.start(folder, placement, options);
  const loaded = { format: 'onnx', tokenizer, device: encoder.device } as const;
  if (folder.task === 'embed') return { ...loaded, task: 'embed', embedder: new OnnxEmbedder(encoder) };
  if (encoder.width !== folder.labels.length) {
    await encoder.dispose();
    throw new InferenceError(
      'model_failed',
      `${folder.path}/config.json has ${folder.labels.length} labels, but ${folder.modelFile} gives ${encoder.width} logits; put the config.json there that the model was trained with.`,
    );
  }
  return folder.task === 'rank'
    ? { ...loaded, task: 'rank', ranker: new OnnxRanker(encoder) }
    : { ...loaded, task: 'classify', classifier: new OnnxClassifier(encoder, folder) };
}

/** What the three tasks share. */
class WholeInputs {
  readonly contextSize: number;
  readonly lanes: number;
  protected readonly encoder: EncoderClient;

  constructor(encoder: EncoderClient) {
    this.encoder = encoder;
    this.contextSize = encoder.contextSize;
    this.lanes = encoder.lanes;
  }

  get load(): { busy: number; waiting: number } {
    return this.encoder.load;
  }

  get failed(): Promise<Error> {
    return this.encoder.failed;
  }

  dispose(): Promise<void> {
    return this.encoder.dispose();
  }

  protected pair(first: readonly number[], second: readonly number[]): WholeInput {
    const { ids, types } = this.encoder.framing.paired(first, second);
    return { tokens: ids, types };
  }
}

class OnnxEmbedder extends WholeInputs implements Embedder {
  get dimensions(): number {
    return this.encoder.width;
  }

  framed(tokens: readonly number[]): readonly number[] {
    return this.encoder.framing.framed(tokens);
  }

  embed(inputs: readonly (readonly number[])[], signal: AbortSignal, begun?: () => void): Promise<Float32Array[]> {
    return this.encoder.encode(
      inputs.map((tokens) => ({ tokens })),
      signal,
      begun,
    );
  }
}

class OnnxRanker extends WholeInputs implements Ranker {
  paired(query: readonly number[], document: readonly number[]): WholeInput {
    return this.pair(query, document);
  }

  async rank(pairs: readonly WholeInput[], signal: AbortSignal, begun?: () => void): Promise<number[]> {
    const logits = await this.encoder.encode(pairs, signal, begun);
    return logits.map(([logit = 0]) => 1 / (1 + Math.exp(-logit)));
  }
}

class OnnxClassifier extends WholeInputs implements Classifier {
  readonly labels: readonly string[];
  readonly activation: Activation;

  constructor(encoder: EncoderClient, { labels, config }: OnnxFolder) {
    super(encoder);
    this.labels = labels;
    this.activation = activationOf(config.problem_type ?? undefined);
  }

  framed(tokens: readonly number[]): WholeInput {
    return { tokens: this.encoder.framing.framed(tokens) };
  }

  paired(text: readonly number[], pair: readonly number[]): WholeInput {
    return this.pair(text, pair);
  }

  async classify(inputs: readonly WholeInput[], signal: AbortSignal, begun?: () => void): Promise<number[][]> {
    const logits = await this.encoder.encode(inputs, signal, begun);
    return logits.map((row) => [...row]);
  }
}

/** As Transformers' text-classification pipeline chooses by `problem_type`. */
function activationOf(problem: string | undefined): Activation {
  if (problem === 'regression') return 'none';
  return problem === 'multi_label_classification' ? 'sigmoid' : 'softmax';
}
