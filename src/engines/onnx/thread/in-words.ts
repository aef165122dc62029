import { InferenceError } from '../../../contract/errors.ts';

/** Does what ONNX Runtime may refuse. @throws InferenceError model_failed with its reason */
export function inWords<Result>(file: string, what: 'load' | 'run', work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `ONNX Runtime cannot ${what} ${file}, so export it anew or name another dtype: ${reason}`;
    throw new InferenceError('model_failed', message, { cause });
  }
}
