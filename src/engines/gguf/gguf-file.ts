import { open, stat } from 'node:fs/promises';
import { InferenceError } from '../../contract/errors.ts';

/** Magic, version, number of tensors, number of keys (ggml docs/gguf.md). */
const HEADER = 24;
/** No model has as many tensors or keys; a damaged header easily does. */
const MOST_ENTRIES = 1_000_000n;

/**
 * Looks at a file before llama.cpp does, whose own messages do not say what is wrong.
 * @throws InferenceError model_failed for a file that is missing, empty or no GGUF
 */
export async function checkGgufFile(path: string): Promise<void> {
  const header = await readHeader(path);
  const refuse = (what: string): InferenceError => new InferenceError('model_failed', `The model file ${path} ${what}`);
  if (header.length === 0) throw refuse('is empty; download it again.');
  if (header.subarray(0, 4).toString('latin1') !== 'GGUF') {
    throw refuse('is not a GGUF file: it does not begin with "GGUF".');
  }
  if (header.length < HEADER) throw refuse('is cut off in its header; download it again.');
  const version = header.readUInt32LE(4);
  if (version < 2 || version > 3) throw refuse(`has GGUF version ${version}; versions 2 and 3 can be loaded.`);
  if (header.readBigUInt64LE(8) > MOST_ENTRIES || header.readBigUInt64LE(16) > MOST_ENTRIES) {
    throw refuse('has a damaged header; download it again.');
  }
}

async function readHeader(path: string): Promise<Buffer> {
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is not a regular file');
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER), 0, HEADER, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InferenceError('model_failed', `The model file ${path} cannot be read: ${reason}.`, { cause: error });
  }
}
