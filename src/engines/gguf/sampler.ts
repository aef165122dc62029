import type { TokenRequest } from '../../contract/tokens.ts';
import type { AddonGrammarState, AddonSampler, SamplerConfig } from './addon.ts';

/** What a slot's sampler has to know of its model. */
export interface SamplerModel {
  /** Tokens that must not come before a request's minTokens. */
  endTokens: ReadonlySet<number>;
  /** Names of the other control tokens. Llama.cpp's grammars take such a token for the characters of its name. */
  controlTokens: ReadonlyMap<number, string>;
  /** A grammar's state before the first token. @throws Error where llama.cpp refuses the text */
  createGrammarState(gbnf: string): AddonGrammarState;
  /** Whether a token may come next. */
  grammarAllows(state: AddonGrammarState, token: number): boolean;
}

/**
 * A slot's sampler, kept over many requests. The addon's order is bias → penalties → topK → topP → minP → temperature;
 * where a grammar refuses what comes out, the grammar comes first and then all of these again.
 */
export class SlotSampler {
  readonly native: AddonSampler;
  private readonly model: SamplerModel;
  /** Tokens that the grammar's request must not sample. */
  private unwritten: readonly number[] = [];
  private config: SamplerConfig = { temperature: 0, seed: 0 };
  private request: TokenRequest | undefined;
  private generated: number[] = [];

  constructor(native: AddonSampler, model: SamplerModel) {
    this.native = native;
    this.model = model;
  }

  /**
   * Starts anew: random state, penalties, bias and grammar of the last request are gone.
   * @throws Error where llama.cpp refuses the grammar
   */
  begin(request: TokenRequest): void {
    this.request = request;
    this.generated = [];
    this.config = samplerConfig(request);
    this.unwritten = [];
    if (request.grammar !== undefined) {
      const { gbnf, special } = request.grammar;
      this.config.grammarEvaluationState = this.model.createGrammarState(gbnf);
      this.unwritten = [...this.model.controlTokens].flatMap(([id, name]) => (special.includes(name) ? [] : [id]));
    }
    // The same seed given twice would go on from the old random state, so another one comes between.
    this.native.applyConfig({ temperature: 0, seed: (this.config.seed ^ 1) >>> 0 });
    this.native.applyConfig(this.withBias());
  }

  /** Whether a grammar holds the request. */
  get held(): boolean {
    return this.config.grammarEvaluationState !== undefined;
  }

  /**
   * Whether a token that was sampled may end the text, if it ends one. The addon moves the grammar on by every other token and
   * throws where it does not fit, but it lets ends pass: with no token left, greedy sampling takes token 0, often such an end.
   */
  mayEndWith(id: number): boolean {
    const state = this.config.grammarEvaluationState;
    return state === undefined || !this.model.endTokens.has(id) || this.model.grammarAllows(state, id);
  }

  /** Takes note of a token that was sampled. */
  accepted(id: number): void {
    this.generated.push(id);
    if (this.request && this.generated.length === this.request.minTokens && this.request.minTokens > 0) {
      this.native.applyConfig(this.withBias());
    }
  }

  private withBias(): SamplerConfig {
    const { request, config, generated } = this;
    const penalized = config.repeatPenaltyTokens
      ? { repeatPenaltyTokens: Uint32Array.from([...config.repeatPenaltyTokens, ...generated]) }
      : {};
    const bias = new Map(request?.logitBias?.map((one) => [one.id, one.bias]));
    for (const id of this.unwritten) bias.set(id, -Infinity);
    if (request !== undefined && generated.length < request.minTokens) {
      for (const id of this.model.endTokens) bias.set(id, -Infinity);
    }
    if (bias.size === 0) return { ...config, ...penalized };
    const tokenBiasKeys = Uint32Array.from(bias.keys());
    return { ...config, ...penalized, tokenBiasKeys, tokenBiasValues: Float32Array.from(bias.values()) };
  }
}

/** Below this a temperature only costs precision; llama.cpp yields nonsense from 1e-38 down. */
const COLDEST = 1e-6;
/** llama.cpp takes this seed for none (LLAMA_DEFAULT_SEED). */
const NO_SEED = 0xffff_ffff;
/** Far from it, so that completions with neighbouring seeds stay apart. */
const INSTEAD = 0x9e37_79b9;

/**
 * A request's sampling in the addon's words. A value that changes nothing is left out: an explicit topK of 0 sorts the
 * whole vocabulary (2.0 ms instead of 0.3 ms a token at 49,152 entries).
 */
function samplerConfig({ sampling, prompt, maxTokens }: TokenRequest): SamplerConfig {
  const { temperature, topK, topP, minP, repetitionPenalty, presencePenalty, frequencyPenalty, seed } = sampling;
  const penalize = repetitionPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0;
  return {
    temperature: temperature < COLDEST ? 0 : temperature,
    seed: seed === NO_SEED ? INSTEAD : seed,
    ...(topK > 0 && { topK }),
    ...(topP < 1 && { topP }),
    ...(minP > 0 && { minP }),
    ...(penalize && {
      repeatPenalty: repetitionPenalty,
      repeatPenaltyPresencePenalty: presencePenalty,
      repeatPenaltyFrequencyPenalty: frequencyPenalty,
      // Transformers' repetition_penalty counts the prompt, OpenAI's two penalties the completion alone. The addon has one
      // history for all three, so together they count both.
      repeatPenaltyTokens: Uint32Array.from(repetitionPenalty === 1 ? [] : prompt),
      repeatPenaltyMaxTokens: prompt.length + maxTokens,
    }),
  };
}
