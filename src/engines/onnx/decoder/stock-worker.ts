import { workerData } from 'node:worker_threads';
import {
  AutoModelForCausalLM,
  env,
  LogitsProcessor,
  LogitsProcessorList,
  Tensor,
  type PreTrainedModel,
} from '@huggingface/transformers';
import type { StepPlan, TokenRequest } from '../../../contract/tokens.ts';
import type { DecoderCalls, DecoderData, DecoderInfo, SentSampled } from './decoder-worker.ts';
import { RowSampler } from '../sampling/sampler.ts';
import { SamplingModel } from '../sampling/sampling-model.ts';
import { sent } from '../thread/sent-error.ts';
import { answerCalls } from '../thread/worker-calls.ts';

/** Contexts that nobody asked for; the cache of such a model grows as it is used, and no plan can be made of it. */
const LONGEST_CONTEXT = 4096;
const BATCH = 512;

async function prepare(): Promise<{ info: DecoderInfo; calls: DecoderCalls }> {
  const data = workerData as DecoderData;
  env.allowRemoteModels = false;
  env.useFSCache = false;
  const model = await AutoModelForCausalLM.from_pretrained(data.folder, {
    dtype: data.dtype,
    local_files_only: true,
    session_options: {
      executionProviders: [...data.session.providers],
      intraOpNumThreads: data.session.threads,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    },
  });
  const contextSize = data.contextSize ?? Math.min(data.trainedContext, LONGEST_CONTEXT);
  return {
    info: {
      contextSize,
      slots: 1,
      batchSize: Math.min(data.batchSize ?? BATCH, contextSize),
      vocabularySize: data.vocabulary.size,
      padding: 'alone',
      cacheType: 'float32',
      copyMs: Infinity,
      memory: undefined,
    },
    calls: new StockStepper(model, new RowSampler(new SamplingModel(data.vocabulary))).calls(),
  };
}

/**
 * One slot on `generate()` of Transformers.js, for graphs that the loop does not know: each call makes one token, chosen by our
 * sampler, and goes on from the cache of the last one.
 */
class StockStepper {
  private readonly model: PreTrainedModel;
  private readonly sampler: RowSampler;
  /** What the cache holds, and what is still to be read. */
  private held: number[] = [];
  private pending: number[] = [];
  private cache: unknown;

  constructor(model: PreTrainedModel, sampler: RowSampler) {
    this.model = model;
    this.sampler = sampler;
  }

  calls(): DecoderCalls {
    const impossible = (): Promise<never> => Promise.reject(new Error('This model keeps no states.'));
    return {
      begin: (_slot: number, request: TokenRequest) => this.sampler.begin(request),
      step: (plan: StepPlan) => this.step(plan),
      trim: (_slot: number, length: number) => this.trim(length),
      copy: impossible,
      save: impossible,
      load: impossible,
    };
  }

  private async step(plan: StepPlan): Promise<SentSampled[]> {
    const results: SentSampled[] = [];
    for (const { slot, tokens, sample } of plan) {
      this.pending.push(...tokens);
      if (!sample) continue;
      const sampled = this.sampler.sample(await this.logits());
      results.push('stuck' in sampled ? { slot, id: 0, stuck: sent(sampled.stuck) } : { slot, ...sampled });
    }
    return results;
  }

  /** Reads what is pending. @returns the logits of the token that follows */
  private async logits(): Promise<Float32Array> {
    const all = [...this.held, ...this.pending];
    const list = new LogitsProcessorList();
    const taken = new TakeLogits();
    list.push(taken);
    const ids = BigInt64Array.from(all, BigInt);
    const output = await this.model.generate({
      inputs: new Tensor('int64', ids, [1, all.length]),
      attention_mask: new Tensor('int64', new BigInt64Array(all.length).fill(1n), [1, all.length]),
      ...(this.cache !== undefined && { past_key_values: this.cache }),
      logits_processor: list,
      // What a generation_config.json may ask for is done, where a request wants it, by our sampler.
      generation_config: {
        max_new_tokens: 1,
        do_sample: false,
        return_dict_in_generate: true,
        repetition_penalty: 1,
        no_repeat_ngram_size: 0,
        min_length: 0,
        min_new_tokens: null,
        bad_words_ids: null,
        suppress_tokens: null,
        begin_suppress_tokens: null,
      } as never,
    } as never);
    this.cache = (output as { past_key_values?: unknown }).past_key_values;
    this.held = all;
    this.pending = [];
    return taken.logits;
  }

  /** A cache that is one tensor for all it has read cannot forget a tail, so it is all or nothing. */
  private trim(length: number): number {
    if (length === this.held.length && this.pending.length === 0) return length;
    this.held = [];
    this.pending = [];
    this.cache = undefined;
    return 0;
  }
}

/** Keeps the logits that `generate()` is about to choose from. */
class TakeLogits extends LogitsProcessor {
  logits = new Float32Array();

  override _call(_inputs: bigint[][], logits: Tensor): Tensor {
    this.logits = Float32Array.from(logits.data as Float32Array);
    return logits;
  }
}

void answerCalls(prepare);
