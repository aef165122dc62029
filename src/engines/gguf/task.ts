import type { GgufFileInfo } from 'node-llama-cpp';
import type { Task } from '../../contract/model.ts';
import { InferenceError } from '../../contract/errors.ts';

/** llama.h's LLAMA_POOLING_TYPE_RANK: such a model scores pairs of texts. */
const RANK = 4;

/** Whether a GGUF file has labels, and what they are, node-llama-cpp does not say. */
export type GgufTask = Exclude<Task, 'classify'>;

/**
 * What a GGUF file was made for, by its own metadata: a pooling type says that it makes one vector of an input (gguf.md,
 * `[llm].pooling_type`), and of the models without one those that look ahead cannot generate.
 * @throws InferenceError unsupported for a model that gives a vector for each token and none for a text
 */
export function taskOf(fileInfo: GgufFileInfo, path: string): GgufTask {
  const { attention, pooling_type: pooling = 0 } = fileInfo.architectureMetadata;
  if (pooling === RANK) return 'rank';
  if (pooling > 0) return 'embed';
  if (attention?.causal !== false) return 'generate';
  const { architecture } = fileInfo.metadata.general;
  throw new InferenceError(
    'unsupported',
    `The model ${path} (${architecture}) cannot generate text, and its file names no pooling type, so it makes no vector of a text either; name another file.`,
  );
}
