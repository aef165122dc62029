import type { Llama, LlamaContext, LlamaModel } from 'node-llama-cpp';

/**
 * The native calls under node-llama-cpp's public objects. The public API cannot set threads per step, suppress
 * end-of-generation tokens or keep a sampler over a request, so the stepper works one level below it.
 * The package is pinned exactly; read in its dist/bindings/AddonTypes.d.ts and llama/addon/*.cpp.
 */
export interface AddonContext {
  /** Begins a batch of up to `size` tokens. */
  initBatch(size: number): void;
  /**
   * Adds tokens of a sequence from a position on.
   * @returns the batch indexes of the tokens at `logitIndexes`, for sampleToken
   */
  addToBatch(sequence: number, position: number, tokens: Uint32Array, logitIndexes: Uint32Array): Uint32Array;
  /** Computes the batch, off the JS thread. */
  decodeBatch(): Promise<void>;
  /** @returns the sampled token, −1 where no candidate was left */
  sampleToken(batchIndex: number, sampler: AddonSampler): Promise<number>;
  /**
   * The same with values, all of them as the sampler leaves them.
   * @param logits which: of these tokens, the highest and the lowest beside those, of the sampled token, of so many top ones
   * @param weight whether the sum over all candidates, relative to the highest, is told
   */
  sampleToken(
    batchIndex: number,
    sampler: AddonSampler,
    probabilities: false,
    confidence: false,
    logits: readonly [tokens: readonly number[], highest: false, lowest: false, sampled: boolean, top: number],
    weight: boolean,
  ): Promise<SampledValues>;
  /** @returns false where the model cannot forget only a part */
  removeTokenCellsFromSequence(sequence: number, from: number, to: number): boolean;
  disposeSequence(sequence: number): void;
  /** Queues a copy of all that `from` holds; it is carried out at the beginning of the next decode. */
  copySequenceStateFromOtherSequence(to: number, from: number): Promise<number>;
  /** @returns bytes written */
  saveSequenceStateToFile(file: string, sequence: number, tokens: Uint32Array): Promise<number>;
  /** @param limit tokens that the sequence may hold. @returns the tokens that were saved with it */
  loadSequenceStateFromFile(file: string, sequence: number, limit: number): Promise<Uint32Array>;
  setThreads(threads: number): void;
  /** The vector of sequence 0 after a decode, as the model's pooling makes it, not normalised. @param length of the input */
  getEmbedding(length: number): Float64Array;
}

/** The token, and where they were asked for: pairs of token and logit at 3, Σ exp(logit − highest logit) at 4. */
export type SampledValues = readonly [id: number, undefined, undefined, logits?: readonly number[], weight?: number];

/** An absent option of a new configuration is off, but for the seed, whose absence means the clock. */
export interface SamplerConfig {
  temperature: number;
  seed: number;
  topK?: number;
  topP?: number;
  minP?: number;
  repeatPenalty?: number;
  repeatPenaltyMaxTokens?: number;
  repeatPenaltyTokens?: Uint32Array;
  repeatPenaltyPresencePenalty?: number;
  repeatPenaltyFrequencyPenalty?: number;
  tokenBiasKeys?: Uint32Array;
  tokenBiasValues?: Float32Array;
  /** Holds the tokens to a grammar. Without it a grammar of the last configuration is let go. */
  grammarEvaluationState?: AddonGrammarState;
}

/** A grammar that llama.cpp's parser took. */
export type AddonGrammar = object & { readonly grammar: unique symbol };

/** How far a text has come in a grammar; sampleToken moves it on. After an error it must not be used again. */
export type AddonGrammarState = object & { readonly grammarState: unique symbol };

export interface AddonSampler {
  applyConfig(config: SamplerConfig): void;
  dispose(): void;
}

export interface AddonModel {
  tokenize(text: string, special: boolean): Uint32Array;
  getTokenString(id: number): string;
  /** Bits of llama.cpp's llama_token_attr. */
  getTokenAttributes(id: number): number;
  isEogToken(id: number): boolean;
  /** How many weights it has. */
  getTotalParameters(): number;
  /** Bytes of the buffers that hold the weights. */
  getMemoryBreakdown(): { cpuRam: number; gpuVram: number };
}

interface Bindings {
  AddonSampler: {
    new (model: AddonModel): AddonSampler;
    /** Changes nothing. */
    canBeNextTokenForGrammarEvaluationState(state: AddonGrammarState, token: number): boolean;
  };
  /** @throws Error where the text is not a grammar with a rule `root`, or is left-recursive */
  AddonGrammar: new (gbnf: string, options: { addonExports: object; rootRuleName: string }) => AddonGrammar;
  /** Parses the grammar's text once more. */
  AddonGrammarEvaluationState: new (model: AddonModel, grammar: AddonGrammar) => AddonGrammarState;
}

interface Internals {
  _ctx: AddonContext;
  _model: AddonModel;
  _bindings: Bindings;
}

const contextCalls = [
  'initBatch',
  'addToBatch',
  'decodeBatch',
  'sampleToken',
  'removeTokenCellsFromSequence',
  'disposeSequence',
  'copySequenceStateFromOtherSequence',
  'saveSequenceStateToFile',
  'loadSequenceStateFromFile',
  'setThreads',
  'getEmbedding',
] as const;
const modelCalls = [
  'tokenize',
  'getTokenString',
  'getTokenAttributes',
  'isEogToken',
  'getTotalParameters',
  'getMemoryBreakdown',
] as const;

/**
 * The native model under a public one.
 * @throws Error that names a call which this version of node-llama-cpp lacks
 */
export function addonModel(model: LlamaModel): AddonModel {
  return required((model as unknown as Partial<Internals>)._model, 'LlamaModel._model', modelCalls);
}

/**
 * The native context under a public one.
 * @throws Error that names a call which this version of node-llama-cpp lacks
 */
export function addonContext(context: LlamaContext): AddonContext {
  return required((context as unknown as Partial<Internals>)._ctx, 'LlamaContext._ctx', contextCalls);
}

/**
 * A new native sampler. One holds 12 bytes a token of the vocabulary until it is collected, so slots keep theirs.
 * @throws Error that names what this version of node-llama-cpp lacks
 */
export function createAddonSampler(llama: Llama, model: AddonModel): AddonSampler {
  const bindings = bindingsOf(llama);
  required(bindings.AddonSampler.prototype as AddonSampler | undefined, 'AddonSampler', ['applyConfig', 'dispose']);
  return new bindings.AddonSampler(model);
}

/**
 * A grammar's state before the first token. It takes 0.7 ms for 18 KB of text; copying one (llama_grammar_clone_impl) more.
 * @throws Error where llama.cpp refuses the text; it writes the reason, with the whole text, to stderr
 */
export function createGrammarState(llama: Llama, model: AddonModel, gbnf: string): AddonGrammarState {
  const bindings = required(bindingsOf(llama), 'Llama._bindings', ['AddonGrammar', 'AddonGrammarEvaluationState']);
  const grammar = new bindings.AddonGrammar(gbnf, { addonExports: bindings, rootRuleName: 'root' });
  return new bindings.AddonGrammarEvaluationState(model, grammar);
}

/** Whether the grammar lets a token come next; for one that ends, whether the text may end here. */
export function grammarAllows(llama: Llama, state: AddonGrammarState, token: number): boolean {
  const { AddonSampler: sampler } = bindingsOf(llama);
  return required(sampler, 'AddonSampler', [
    'canBeNextTokenForGrammarEvaluationState',
  ]).canBeNextTokenForGrammarEvaluationState(state, token);
}

function bindingsOf(llama: Llama): Bindings {
  return required((llama as unknown as Partial<Internals>)._bindings, 'Llama._bindings', ['AddonSampler']);
}

function required<T extends object>(object: T | undefined, name: string, calls: readonly (keyof T & string)[]): T {
  if (!object) throw new Error(`node-llama-cpp has no ${name}; hearth needs exactly the version in its package.json`);
  for (const call of calls) {
    if (typeof object[call] !== 'function') {
      throw new Error(`node-llama-cpp has no ${name}.${call}; hearth needs exactly the version in its package.json`);
    }
  }
  return object;
}
