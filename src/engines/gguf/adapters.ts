import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readGgufFileInfo, type GgufFileInfo, type LlamaModel } from 'node-llama-cpp';
import { InferenceError } from '../../contract/errors.ts';
import { checkGgufFile } from './gguf-file.ts';

/** A LoRA adapter in GGUF, as llama.cpp's convert_lora_to_gguf.py writes it. */
export interface Adapter {
  /** Absolute. */
  path: string;
  /** How much of it is added; 1 is as it was trained. */
  scale: number;
}

/**
 * Looks at adapters before llama.cpp does, whose own error names no file.
 * @throws InferenceError model_failed for a file that is no GGUF, invalid_request for one that is no adapter of this model
 */
export async function checkAdapters(model: LlamaModel, adapters: readonly Adapter[]): Promise<void> {
  for (const { path } of adapters) {
    await checkGgufFile(path);
    const { general, adapter } = (await headerOf(path)).metadata as { general?: Told; adapter?: Told };
    const refuse = (what: string): InferenceError =>
      new InferenceError('invalid_request', `The file ${path} ${what}`, { param: 'lora' });
    if (general?.['type'] !== 'adapter' || adapter?.['type'] !== 'lora') {
      throw refuse('is no LoRA adapter; name one that was converted with convert_lora_to_gguf.py.');
    }
    const own = model.fileInfo.metadata.general.architecture;
    const other = general['architecture'];
    if (other !== own) {
      throw refuse(
        `is an adapter for models of the architecture ${String(other)}, and this model is ${own}; leave it out.`,
      );
    }
  }
}

type Told = Readonly<Record<string, unknown>>;

async function headerOf(path: string): Promise<GgufFileInfo> {
  try {
    return await readGgufFileInfo(path, { sourceType: 'filesystem', logWarnings: false });
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
    throw new InferenceError('model_failed', `The adapter ${path} cannot be read: ${reason}.`, { cause: error });
  }
}

/** What tells a context with these adapters from others: their contents and scales. '' for none. */
export async function adapterStates(adapters: readonly Adapter[]): Promise<string> {
  const parts: string[] = [];
  for (const { path, scale } of adapters) parts.push(` lora ${await sha256(path)} ${scale}`);
  return parts.join('');
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
