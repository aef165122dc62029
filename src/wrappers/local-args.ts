import { nearestName } from '../config/names.ts';
import { InferenceError } from '../contract/errors.ts';
import type { ChatOptions } from '../contract/local-model.ts';

/** OpenAI's and Transformers' names of what can be said of an answer. */
const names: Readonly<Record<string, keyof ChatOptions>> = {
  max_tokens: 'maxTokens',
  max_completion_tokens: 'maxTokens',
  max_new_tokens: 'maxTokens',
  min_tokens: 'minTokens',
  min_new_tokens: 'minTokens',
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  min_p: 'minP',
  repetition_penalty: 'repetitionPenalty',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  seed: 'seed',
  stop: 'stop',
  ignore_eos: 'ignoreEos',
  chat_template_kwargs: 'templateVariables',
};

/**
 * The options of a local model by the names of config files; values are checked where they are used.
 * @param where what holds them, for errors
 * @throws InferenceError invalid_request for a name that is not known
 */
export function localArgs(args: Readonly<Record<string, unknown>>, where: string): ChatOptions {
  const options: Partial<Record<keyof ChatOptions, unknown>> = {};
  for (const [key, value] of Object.entries(args)) {
    const name = names[key];
    if (name === undefined) {
      const meant = nearestName(key, Object.keys(names));
      const hint = meant === undefined ? `there are ${Object.keys(names).join(', ')}.` : `did you mean ${meant}?`;
      throw new InferenceError('invalid_request', `${where}: unknown key ${key}; ${hint}`, { param: key });
    }
    if (value !== null) options[name] = value;
  }
  // LocalModel refuses values of the wrong kind by their names.
  return options as ChatOptions;
}
