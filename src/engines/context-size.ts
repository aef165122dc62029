import { InferenceError } from '../contract/errors.ts';

/**
 * @param wanted tokens of a context, if somebody asked for a number
 * @throws InferenceError invalid_request for more than the model was trained on
 */
export function checkContextSize(wanted: number | undefined, trained: number): void {
  if (wanted === undefined || wanted <= trained) return;
  throw new InferenceError(
    'invalid_request',
    `--context-size ${wanted} is more than the ${trained} tokens that the model was trained on; lower it.`,
    { param: 'context-size' },
  );
}
