import { gguf } from '@huggingface/gguf';
import { InferenceError } from '../contract/errors.ts';
import type { ModelFacts } from './facts.ts';

/** Where a header is read from: a path, or a function that gives bytes of a remote file (both ends included). */
export type HeaderSource =
  | { path: string }
  | { name: string; bytes: number; read(from: number, to: number): Promise<Uint8Array> };

/**
 * Reads what a GGUF file says about itself (ggml docs/gguf.md); of a remote file only its beginning.
 * @throws InferenceError model_failed for what is no GGUF; what reading throws
 */
export async function ggufFacts(source: HeaderSource): Promise<ModelFacts> {
  const name = 'path' in source ? source.path : source.name;
  let failed: Error | undefined;
  const parse = async (): ReturnType<typeof parsed> => {
    if ('path' in source) return await parsed(source.path, { allowLocalFile: true });
    const remote = async (_url: unknown, init?: RequestInit): Promise<Response> => {
      try {
        return await part(source, init);
      } catch (error) {
        failed = error instanceof Error ? error : new Error(String(error));
        throw error;
      }
    };
    return await parsed('https://remote/file.gguf', { fetch: remote });
  };
  try {
    const { metadata, parameterCount } = await parse();
    return factsOf(metadata, parameterCount);
  } catch (error) {
    if (failed !== undefined) throw failed;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InferenceError('model_failed', `${name} cannot be read as a GGUF file: ${reason.replace(/\.$/, '')}.`, {
      cause: error,
    });
  }
}

async function parsed(
  uri: string,
  options: { allowLocalFile?: boolean; fetch?: typeof fetch },
): Promise<{ metadata: Metadata; parameterCount: number }> {
  const { metadata, parameterCount } = await gguf(uri, { ...options, computeParametersCount: true });
  // The package's type is a union over architectures, of which new ones appear all the time.
  return { metadata: Object.fromEntries(Object.entries(metadata)), parameterCount };
}

type Metadata = Readonly<Record<string, unknown>>;

async function part(source: Exclude<HeaderSource, { path: string }>, init: RequestInit | undefined): Promise<Response> {
  const range = /^bytes=(\d+)-(\d+)$/.exec(new Headers(init?.headers).get('range') ?? '');
  const from = Number(range?.[1] ?? 0);
  const to = Math.min(Number(range?.[2] ?? source.bytes - 1), source.bytes - 1);
  const content = from > to ? new Uint8Array() : await source.read(from, to);
  return new Response(Buffer.from(content), {
    status: 206,
    headers: { 'content-range': `bytes ${from}-${to}/${source.bytes}` },
  });
}

function factsOf(metadata: Metadata, parameters: number): ModelFacts {
  const architecture = text(metadata['general.architecture']) ?? 'unknown';
  const own = (key: string): unknown => metadata[`${architecture}.${key}`];
  const layers = number(own('block_count')) ?? 0;
  const heads = perLayer(own('attention.head_count'), layers);
  const kvHeads =
    own('attention.head_count_kv') === undefined ? heads : perLayer(own('attention.head_count_kv'), layers);
  const headSize = (number(own('embedding_length')) ?? 0) / (heads.find((count) => count > 0) ?? 1);
  const values =
    (number(own('attention.key_length')) ?? headSize) + (number(own('attention.value_length')) ?? headSize);
  const tokens = metadata['tokenizer.ggml.tokens'];
  return {
    architecture,
    name: text(metadata['general.name']),
    parameters,
    trainedContext: number(own('context_length')),
    layers,
    vocabulary: Array.isArray(tokens) ? tokens.length : undefined,
    template: text(metadata['tokenizer.chat_template']),
    licence: text(metadata['general.license']),
    kvValuesPerToken: own('attention.causal') === false ? 0 : kvHeads.reduce((sum, count) => sum + count, 0) * values,
    slidingWindow: number(own('attention.sliding_window')),
  };
}

/** A number for all layers, or one for each. */
function perLayer(value: unknown, layers: number): number[] {
  if (Array.isArray(value)) return value.map((one) => number(one) ?? 0);
  return Array.from({ length: layers }, () => number(value) ?? 0);
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
