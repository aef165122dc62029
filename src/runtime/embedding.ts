import type { Embedder, EmbedRequest, EmbedResult } from '../contract/embed.ts';
import { InferenceError } from '../contract/errors.ts';
import type { Model, ModelInfo } from '../contract/model.ts';
import type { Tokenizer } from '../contract/tokens.ts';
import { InputWork, type WorkLimits } from './input-work.ts';
import { checkWhole, tokenizeInputs } from './inputs.ts';

export interface EmbeddingParts {
  info: ModelInfo;
  tokenizer: Tokenizer;
  embedder: Embedder;
  limits: WorkLimits;
}

/** Joins a tokenizer and an embedder into a model that makes vectors of texts: tokenize → check → compute → cut. */
export function createEmbeddingModel(parts: EmbeddingParts): Model {
  const { info, embedder } = parts;
  const work = new InputWork(embedder, parts.limits);
  return {
    info,
    embed: (request, signal) => embed(parts, work, request, signal),
    inputStats: () => work.stats(),
    failed: work.failed,
    dispose: () => embedder.dispose(),
  };
}

async function embed(
  { tokenizer, embedder }: EmbeddingParts,
  work: InputWork,
  { inputs, dimensions, names }: EmbedRequest,
  signal: AbortSignal,
): Promise<EmbedResult> {
  checkDimensions(dimensions, embedder.dimensions, names.dimensions);
  const tokens = await tokenizeInputs(inputs, tokenizer, embedder.contextSize, signal);
  const framed = tokens.map((input) => embedder.framed(input));
  for (const [at, { name }] of inputs.entries()) checkWhole(framed[at] ?? [], embedder.contextSize, name);
  const { result, promptTokens, queueMs } = await work.run(framed, signal, (joint, begun) =>
    embedder.embed(framed, joint, begun),
  );
  const vectors = dimensions === undefined ? result : result.map((vector) => shortened(vector, dimensions));
  return { vectors, promptTokens, queueMs };
}

/** @throws InferenceError invalid_request */
function checkDimensions(wanted: number | undefined, most: number, param: string): void {
  if (wanted === undefined || (wanted >= 1 && wanted <= most)) return;
  const message = `${param} is ${wanted}, but the model's vectors have ${most}; ask for 1 to ${most}.`;
  throw new InferenceError('invalid_request', message, { param });
}

/** The first numbers of a vector, made of length 1 again, as OpenAI does for `dimensions`. */
function shortened(vector: Float32Array, dimensions: number): Float32Array {
  const first = vector.subarray(0, dimensions);
  const length = Math.hypot(...first);
  return first.map((value) => (length > 0 ? value / length : 0));
}
