import { open, stat } from 'node:fs/promises';
import { InferenceError } from '../../contract/errors.ts';

/**
 * Looks at a file before llama.cpp does, whose own messages do not say what is wrong.
 * @throws InferenceError model_failed for a file that is missing, empty or no GGUF
 */
export async function checkGgufFile(path: string): Promise<void> {
  let bytes: Buffer;
  try {
    if (!(await stat(path)).isFile()) throw new Error('not a file');
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
      bytes = buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new InferenceError('model_failed', `The model file ${path} cannot be read.`, { cause: error });
  }
  if (bytes.length < 4) throw new InferenceError('model_failed', `The model file ${path} is empty.`);
  if (bytes.toString('latin1') !== 'GGUF') {
    throw new InferenceError(
      'model_failed',
      `The model file ${path} is not a GGUF file: it does not begin with "GGUF".`,
    );
  }
}
