import type { Activation, Classifier, ClassifyInput, ClassifyRequest, ClassifyResult } from '../contract/classify.ts';
import { InferenceError } from '../contract/errors.ts';
import type { WholeInput } from '../contract/input.ts';
import type { Model, ModelInfo } from '../contract/model.ts';
import type { Tokenizer } from '../contract/tokens.ts';
import { InputWork, type WorkLimits } from './input-work.ts';
import { checkWhole, tokenizeInputs } from './inputs.ts';

export interface ClassificationParts {
  info: ModelInfo;
  tokenizer: Tokenizer;
  classifier: Classifier;
  limits: WorkLimits;
}

/** Joins a tokenizer and a classifier into a model that judges texts: tokenize → frame → check → compute → activate. */
export function createClassificationModel(parts: ClassificationParts): Model {
  const { info, classifier } = parts;
  const work = new InputWork(classifier, parts.limits);
  return {
    info,
    classify: (request, signal) => classify(parts, work, request, signal),
    inputStats: () => work.stats(),
    failed: work.failed,
    dispose: () => classifier.dispose(),
  };
}

async function classify(
  { tokenizer, classifier }: ClassificationParts,
  work: InputWork,
  { inputs, activation = classifier.activation }: ClassifyRequest,
  signal: AbortSignal,
): Promise<ClassifyResult> {
  const limit = classifier.contextSize;
  const texts = inputs.flatMap(({ text, pair }) => (pair === undefined ? [text] : [text, pair]));
  const tokens = (await tokenizeInputs(texts, tokenizer, limit, signal)).values();
  const next = (): readonly number[] => tokens.next().value ?? [];
  const whole = inputs.map((input) => joined(classifier, input, next));
  for (const [at, { text, pair }] of inputs.entries()) {
    const subject = pair === undefined ? text.name : `${text.name} together with ${pair.name}`;
    checkWhole(whole[at]?.tokens ?? [], limit, text.name, subject);
  }
  const { result, promptTokens, queueMs } = await work.run(
    whole.map((input) => input.tokens),
    signal,
    (joint, begun) => classifier.classify(whole, joint, begun),
  );
  const { labels } = classifier;
  return { labels, scores: result.map((logits) => activate[activation](logits)), promptTokens, queueMs };
}

/** @param next the tokens of the text that follows @throws InferenceError invalid_request for a pair that the model cannot take */
function joined(classifier: Classifier, { pair }: ClassifyInput, next: () => readonly number[]): WholeInput {
  const first = next();
  if (pair === undefined) return classifier.framed(first);
  if (classifier.paired !== undefined) return classifier.paired(first, next());
  const message = `${pair.name} is a second text, but the model takes one text alone; leave it out.`;
  throw new InferenceError('invalid_request', message, { param: pair.name });
}

const activate: Record<Activation, (logits: readonly number[]) => readonly number[]> = {
  softmax(logits) {
    const most = Math.max(...logits);
    const powers = logits.map((logit) => Math.exp(logit - most));
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  },
  sigmoid: (logits) => logits.map((logit) => 1 / (1 + Math.exp(-logit))),
  none: (logits) => logits,
};
