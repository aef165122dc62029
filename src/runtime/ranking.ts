import type { Model, ModelInfo } from '../contract/model.ts';
import type { Ranker, RankRequest, RankResult } from '../contract/rank.ts';
import type { Tokenizer } from '../contract/tokens.ts';
import { InputWork, type WorkLimits } from './input-work.ts';
import { checkWhole, tokenizeInputs } from './inputs.ts';

export interface RankingParts {
  info: ModelInfo;
  tokenizer: Tokenizer;
  ranker: Ranker;
  limits: WorkLimits;
}

/** Joins a tokenizer and a ranker into a model that scores documents: tokenize → pair → check → compute. */
export function createRankingModel(parts: RankingParts): Model {
  const { info, ranker } = parts;
  const work = new InputWork(ranker, parts.limits);
  return {
    info,
    rank: (request, signal) => rank(parts, work, request, signal),
    inputStats: () => work.stats(),
    failed: work.failed,
    dispose: () => ranker.dispose(),
  };
}

async function rank(
  { tokenizer, ranker }: RankingParts,
  work: InputWork,
  { query, documents }: RankRequest,
  signal: AbortSignal,
): Promise<RankResult> {
  const limit = ranker.contextSize;
  const [asked = [], ...tokens] = await tokenizeInputs([query, ...documents], tokenizer, limit, signal);
  const pairs = tokens.map((document) => ranker.paired(asked, document));
  for (const [at, { name }] of documents.entries()) {
    checkWhole(pairs[at]?.tokens ?? [], limit, name, `${name} together with ${query.name}`);
  }
  const { result, promptTokens, queueMs } = await work.run(
    pairs.map((pair) => pair.tokens),
    signal,
    (joint, begun) => ranker.rank(pairs, joint, begun),
  );
  return { scores: result, promptTokens, queueMs };
}
