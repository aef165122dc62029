import { InferenceError } from '../../../contract/errors.ts';

/** What a folder's model does: generates, makes vectors, scores pairs, or names classes. */
export type OnnxTask = 'generate' | 'embed' | 'rank' | 'classify';

/** What tells a model's task. */
export interface TaskClues {
  folder: string;
  /** The class in Transformers that config.json names: `LlamaForCausalLM`. */
  architecture: string;
  /** Classes of a classifier. */
  labels: number;
  /** Whether files of sentence-transformers say how to make one vector of a text. */
  sentenceVectors: boolean;
  /** Whether the folder says how to prepare images or sound. */
  media: boolean;
}

/**
 * What a folder's model was made for, by its architecture. A decoder that sentence-transformers' files come with makes
 * vectors; a classifier with a single class is a cross-encoder, which ranks.
 * @throws InferenceError unsupported, naming the architecture
 */
export function taskOf({ folder, architecture, labels, sentenceVectors, media }: TaskClues): OnnxTask {
  if (!media) {
    if (architecture.endsWith('ForSequenceClassification')) return labels === 1 ? 'rank' : 'classify';
    if (sentenceVectors) return 'embed';
    if (/(ForCausalLM|LMHeadModel)$/.test(architecture)) return 'generate';
    if (/(Model|ForMaskedLM|ForPreTraining)$/.test(architecture)) return 'embed';
  }
  throw new InferenceError(
    'unsupported',
    `The model ${folder} is a ${architecture}; served are text models that generate (…ForCausalLM), make vectors (…Model, …ForMaskedLM), rank or classify (…ForSequenceClassification). Name another folder.`,
  );
}
