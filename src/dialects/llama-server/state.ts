import { InferenceError } from '../../contract/errors.ts';
import type { SlotState, TextService } from '../../contract/text.ts';
import type { Call } from '../dialect.ts';
import { textModel } from '../text-service.ts';
import { propsSchema, slotsSchema } from './reply-schemas.ts';
import { silentSampling, silentTemperature } from './sampling-body.ts';

const modelWords = "The model's id; a server with one model needs none.";

/** `GET /props`: what a client may want to know of the model. The file's place on this machine is nobody's business. */
export const propsRoute: Call = {
  kind: 'call',
  method: 'GET',
  paths: ['/props'],
  doc: { summary: 'The model and its defaults', query: { model: modelWords }, reply: propsSchema },
  async run({ query }, { models }) {
    const { model, text } = await textModel(models, query['model']);
    const { info } = model;
    return {
      default_generation_settings: { n_ctx: info.contextSize, params: defaultParams(text) },
      total_slots: info.slots,
      model_alias: info.id,
      model_path: info.id,
      modalities: { vision: false, audio: false },
      chat_template: text.chatTemplate ?? '',
      bos_token: text.bosText,
      eos_token: text.eosText,
      build_info: 'hearth',
      endpoint_slots: true,
      endpoint_props: false,
      is_sleeping: false,
    };
  },
};

/** What `/completion` does where a request is silent: the server's settings, then llama-server's own defaults. */
function defaultParams({ defaults: { maxTokens, sampling } }: TextService): object {
  return {
    n_predict: maxTokens ?? -1,
    max_tokens: maxTokens ?? -1,
    seed: sampling.seed ?? 0xffff_ffff,
    temperature: sampling.temperature ?? silentTemperature,
    top_k: sampling.topK ?? silentSampling.topK,
    top_p: sampling.topP ?? silentSampling.topP,
    min_p: sampling.minP ?? silentSampling.minP,
    repeat_penalty: sampling.repetitionPenalty ?? 1,
    presence_penalty: sampling.presencePenalty ?? 0,
    frequency_penalty: sampling.frequencyPenalty ?? 0,
    repeat_last_n: -1,
    stop: [],
    ignore_eos: false,
    n_probs: 0,
    stream: false,
  };
}

/** `GET /slots`: what each slot is doing; never a text. With `?fail_on_no_slot=1` it fails where all are busy. */
export const slotsRoute: Call = {
  kind: 'call',
  method: 'GET',
  paths: ['/slots'],
  doc: {
    summary: 'What each slot is doing',
    query: { model: modelWords, fail_on_no_slot: 'Anything but 0: 429 where all slots are busy.' },
    reply: slotsSchema,
  },
  async run({ query }, { models, host }) {
    // Who looks does not keep a model in memory, and nothing is busy that is not there.
    if (host.status(query['model']).state !== 'ready') return [];
    const model = await models.resolve(query['model']);
    const slots = model.slots?.();
    if (slots === undefined) {
      throw new InferenceError('unsupported', `The model ${model.info.id} has no slots; name another.`);
    }
    const strict = query['fail_on_no_slot'] ?? '';
    if (strict !== '' && strict !== '0' && slots.every(({ busy }) => busy)) {
      throw new InferenceError('overloaded', `All ${slots.length} slots are busy; try again later.`, { retryAfter: 1 });
    }
    return slots.map((slot) => wireSlot(slot, model.info.contextSize));
  },
};

function wireSlot(slot: SlotState, contextSize: number): object {
  return {
    id: slot.id,
    n_ctx: contextSize,
    speculative: false,
    is_processing: slot.busy,
    n_prompt_tokens: slot.promptTokens,
    n_prompt_tokens_processed: slot.readTokens - slot.cachedTokens,
    n_prompt_tokens_cache: slot.cachedTokens,
    n_past: slot.heldTokens,
    next_token: {
      has_next_token: slot.busy,
      n_remain: slot.maxTokens - slot.completionTokens,
      n_decoded: slot.completionTokens,
    },
  };
}
