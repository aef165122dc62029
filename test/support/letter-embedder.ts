import type { Activation, Classifier } from '../../src/contract/classify.ts';
import type { Embedder } from '../../src/contract/embed.ts';
import { abortError } from '../../src/contract/errors.ts';
import type { Model } from '../../src/contract/model.ts';
import type { Ranker } from '../../src/contract/rank.ts';
import { createClassificationModel } from '../../src/runtime/classification.ts';
import { createEmbeddingModel } from '../../src/runtime/embedding.ts';
import { createRankingModel } from '../../src/runtime/ranking.ts';
import { letterTokenizer } from './letter-model.ts';

/** Tokens that these models want around an input. */
export const FIRST = 1;
export const LAST = 2;

interface Options {
  maxQueue?: number;
  maxQueueWaitMs?: number;
  /** Awaited before anything is computed. */
  until?: Promise<unknown>;
}

const common = { contextSize: 20, slots: 2, format: 'gguf', device: 'cpu', created: 1_700_000_000 } as const;

async function waited(until: Promise<unknown> | undefined, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(abortError(signal)), { once: true });
  });
  if (until !== undefined) await Promise.race([until, aborted]);
}

/** A vector model with the real runtime: a text has a token a letter, and its vector is [first letter, tokens, 0, 0]. */
export function letterEmbedder(
  id = 'vectors',
  { maxQueue = 128, maxQueueWaitMs = 60_000, until }: Options = {},
): Model & { inputs: number[][] } {
  const inputs: number[][] = [];
  const embedder: Embedder = {
    dimensions: 4,
    contextSize: common.contextSize,
    lanes: common.slots,
    load: { busy: 0, waiting: 0 },
    framed: (tokens) => [FIRST, ...tokens, LAST],
    embed: async (given, signal, begun) => {
      inputs.push(...given.map((tokens) => [...tokens]));
      await waited(until, signal);
      begun?.();
      return given.map((tokens) => {
        const length = Math.hypot(tokens[1] ?? 0, tokens.length);
        return Float32Array.of((tokens[1] ?? 0) / length, tokens.length / length, 0, 0);
      });
    },
    dispose: async () => {},
  };
  const info = { ...common, id, tasks: ['embed'], dimensions: embedder.dimensions } as const;
  return {
    ...createEmbeddingModel({ info, tokenizer: letterTokenizer, embedder, limits: { maxQueue, maxQueueWaitMs } }),
    inputs,
  };
}

/** A ranking model with the real runtime: the more letters a document has of its 20, the better. */
export function letterRanker(id = 'ranks'): Model {
  const ranker: Ranker = {
    contextSize: common.contextSize,
    lanes: common.slots,
    load: { busy: 0, waiting: 0 },
    paired: (query, document) => ({ tokens: [FIRST, ...query, LAST, ...document, LAST] }),
    rank: async (pairs) => pairs.map(({ tokens }) => tokens.length / 20),
    dispose: async () => {},
  };
  const info = { ...common, id, tasks: ['rank'] } as const;
  return createRankingModel({
    info,
    tokenizer: letterTokenizer,
    ranker,
    limits: { maxQueue: 128, maxQueueWaitMs: 60_000 },
  });
}

/**
 * A classifier with the real runtime and the labels short, long and none: the logits of an input are its tokens, those of
 * a pair's second text, and 0.
 */
export function letterClassifier(id = 'judges', activation: Activation = 'softmax', pairs = true): Model {
  const classifier: Classifier = {
    labels: ['short', 'long', 'none'],
    activation,
    contextSize: common.contextSize,
    lanes: common.slots,
    load: { busy: 0, waiting: 0 },
    framed: (tokens) => ({ tokens: [FIRST, ...tokens, LAST] }),
    ...(pairs && {
      paired: (text, pair) => {
        const tokens = [FIRST, ...text, LAST, ...pair, LAST];
        return { tokens, types: tokens.map((_, at) => (at < text.length + 2 ? 0 : 1)) };
      },
    }),
    classify: async (inputs) =>
      inputs.map(({ tokens, types = [] }) => [tokens.length, types.reduce((sum, type) => sum + type, 0), 0]),
    dispose: async () => {},
  };
  const info = { ...common, id, tasks: ['classify'], labels: classifier.labels } as const;
  return createClassificationModel({
    info,
    tokenizer: letterTokenizer,
    classifier,
    limits: { maxQueue: 128, maxQueueWaitMs: 60_000 },
  });
}
