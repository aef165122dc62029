import { InferenceError } from '../../../contract/errors.ts';
import type { Sampling } from '../../../contract/generate.ts';
import type { TokenLogprobs, TokenRequest } from '../../../contract/tokens.ts';
import { GrammarHold } from './grammar-hold.ts';
import { readLogprobs } from './logprobs.ts';
import { Penalties } from './penalties.ts';
import { Random } from './random.ts';
import type { SamplingModel } from './sampling-model.ts';

/** A token, or why the request's own wishes leave none. */
export type SampledToken = { id: number; logprobs?: TokenLogprobs } | { stuck: InferenceError };

/** Below this a temperature only costs precision. */
const COLDEST = 1e-6;

interface Run {
  readonly request: TokenRequest;
  /** By token; for duplicates the last counts. */
  readonly bias: ReadonlyMap<number, number>;
  readonly penalties: Penalties;
  readonly random: Random;
  readonly hold: GrammarHold | undefined;
  generated: number;
}

/**
 * Chooses the tokens of one slot. The order is bias → penalties → topK → topP → minP → temperature, as in the GGUF engine,
 * and as there a grammar is asked about the token that comes out; where it refuses, everything it refuses is banned and a
 * token is chosen once more. Where nothing is cut off, this is the same as to ban first: with V the share of what is allowed,
 * p + (1 − V) p / V = p / V. The penalties differ from that engine's (penalties.ts).
 */
export class RowSampler {
  readonly #model: SamplingModel;
  /** The logits as the model gave them, for log probabilities. */
  #raw: Float32Array | undefined;
  #run: Run | undefined;

  constructor(model: SamplingModel) {
    this.#model = model;
  }

  /**
   * Starts anew: random state, history, penalties, bias and grammar of the last request are gone.
   * @throws Error where the grammar is none
   */
  begin(request: TokenRequest): void {
    const { sampling, prompt, grammar, logitBias } = request;
    this.#run = {
      request,
      bias: new Map(logitBias?.map(({ id, bias }) => [id, bias])),
      penalties: new Penalties(sampling, prompt),
      random: new Random(sampling.seed),
      hold: grammar === undefined ? undefined : new GrammarHold(this.#model, grammar),
      generated: 0,
    };
  }

  /**
   * Chooses the next token and takes note of it.
   * @param row the logits of the place; they are overwritten. More than the vocabulary has tokens are left alone.
   * @throws Error where the logits are no numbers
   */
  sample(row: Float32Array): SampledToken {
    const run = this.#run;
    if (run === undefined) throw new Error('begin comes before sample');
    const logits = row.subarray(0, this.#model.vocabulary.size);
    const { logprobs } = run.request;
    if (logprobs !== undefined) (this.#raw ??= new Float32Array(this.#model.vocabulary.size)).set(logits);
    this.#adjust(run, logits);
    const chosen = choice(run, logits, this.#model);
    if (typeof chosen !== 'number') return { stuck: chosen };
    run.generated += 1;
    run.penalties.note(chosen);
    if (logprobs === undefined || this.#raw === undefined) return { id: chosen };
    const raw = this.#raw.subarray(0, logits.length);
    return { id: chosen, logprobs: readLogprobs(raw, chosen, logprobs, this.#model.candidates) };
  }

  /** Bias, bans and penalties. */
  #adjust({ request, bias, penalties, hold, generated }: Run, logits: Float32Array): void {
    for (const [id, value] of bias) logits[id] = (logits[id] ?? 0) + value;
    for (const id of hold?.unwritten ?? []) logits[id] = -Infinity;
    if (generated < request.minTokens) for (const id of this.#model.vocabulary.endTokens) logits[id] = -Infinity;
    penalties.apply(logits);
  }
}

/** A token that the grammar, if there is one, takes. @throws Error where the logits are no numbers */
function choice({ request, random, hold }: Run, logits: Float32Array, model: SamplingModel): number | InferenceError {
  const { sampling } = request;
  let id = choose(logits, sampling, random, model);
  if (id === -1 && logits.some(Number.isNaN)) throw new Error('the model gave logits that are no numbers');
  if (hold === undefined) {
    return id === -1 ? stuck('Every token of this model is banned; change what bans them.') : id;
  }
  try {
    if (id !== -1 && hold.take(id)) return id;
    hold.mask(logits);
    id = choose(logits, sampling, random, model);
    if (id !== -1 && hold.take(id)) return id;
  } catch (error) {
    return stuck(error instanceof Error ? error.message : String(error), error);
  }
  return stuck('No token of this model fits the grammar any more; change the grammar, or what bans its tokens.');
}

/** @returns a token, or -1 where all are banned */
function choose(logits: Float32Array, sampling: Sampling, random: Random, { candidates }: SamplingModel): number {
  const { temperature, topK, topP, minP } = sampling;
  if (temperature < COLDEST) return likeliest(logits);
  if (topK > 0 && topK < logits.length) candidates.takeTop(logits, topK);
  else candidates.takeAll(logits);
  if (candidates.count === 0) return -1;
  if (topP < 1) candidates.keepNucleus(topP);
  if (minP > 0) candidates.keepNear(minP);
  return candidates.draw(temperature, random);
}

/** The first of the likeliest tokens. */
function likeliest(logits: Float32Array): number {
  let best = -1;
  let greatest = -Infinity;
  for (let id = 0; id < logits.length; id += 1) {
    const logit = logits[id] ?? -Infinity;
    if (logit > greatest) {
      greatest = logit;
      best = id;
    }
  }
  return best;
}

function stuck(message: string, cause?: unknown): InferenceError {
  return new InferenceError('invalid_request', message, { cause });
}
