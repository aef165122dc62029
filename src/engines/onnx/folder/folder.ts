import type { Dtype } from '../../../contract/dtype.ts';
import { InferenceError } from '../../../contract/errors.ts';
import { z } from 'zod';
import {
  configSchema,
  generationSchema,
  sentenceSchema,
  tokenizerConfigSchema,
  tokenizerSchema,
  type GenerationConfig,
  type OnnxConfig,
  type TokenizerConfig,
  type TokenizerJson,
} from './config-schemas.ts';
import { readJsonFile, readTextFile } from './json-file.ts';
import { chooseDtype, modelFilesOf } from './model-files.ts';
import { inspectOnnxFile } from './onnx-file.ts';
import { readSentenceModules, type Pooling } from './pooling.ts';
import { taskOf, type OnnxTask } from './task.ts';

/** A model's folder in the layout of Transformers.js, read and checked; nothing of it is loaded yet. */
export interface OnnxFolder {
  /** Absolute. */
  path: string;
  config: OnnxConfig;
  /** The class in Transformers: `LlamaForCausalLM`. */
  architecture: string;
  task: OnnxTask;
  dtype: Dtype;
  /** Those whose file is there. */
  dtypes: readonly Dtype[];
  /** The ONNX file of that dtype, absolute. */
  modelFile: string;
  /** Files with weights beside it, absolute; all are there. */
  externalFiles: readonly string[];
  /** Bytes of the weights, in all of these files. */
  modelBytes: number;
  /** Tokens that the model takes at most; undefined where its files don't say. */
  maxTokens: number | undefined;
  /** Rows of its embedding table; a padded one has more than the tokenizer has tokens. */
  vocabularySize: number | undefined;
  /** Ids that end a text, by generation_config.json and config.json. */
  endIds: readonly number[];
  padId: number | undefined;
  /** generation_config.json; empty where there is none. */
  generation: GenerationConfig;
  /** Classes by their index, of a classifier. */
  labels: readonly string[];
  /** How one vector is made of a text's; undefined for a model that makes none. */
  pooling: Pooling | undefined;
  /** Modules of sentence-transformers after the pooling (`Dense`); vectors are right only where the graph has them. */
  laterModules: readonly string[];
  tokenizer: TokenizerJson;
  tokenizerConfig: TokenizerConfig;
  /** The Jinja chat template, where there is one. */
  chatTemplate: string | undefined;
}

export interface FolderOptions {
  /** undefined chooses by what is there. */
  dtype: Dtype | undefined;
  /** Whether it will compute on a GPU, which has its own order of dtypes. */
  gpu: boolean;
}

/**
 * Reads a model's folder: config.json, generation_config.json, tokenizer.json, tokenizer_config.json, the chat template
 * (also in a file of its own), sentence-transformers' modules, and which ONNX files are there.
 * @param path absolute
 * @throws InferenceError model_failed for what is missing or damaged, invalid_request for a dtype that is not there,
 * unsupported for a model that can do nothing of ours
 */
export function readOnnxFolder(path: string, { dtype: wish, gpu }: FolderOptions): OnnxFolder {
  const config = required(path, 'config.json', readJsonFile(path, 'config.json', configSchema));
  const architecture = config.architectures?.[0];
  if (architecture === undefined) {
    throw new InferenceError(
      'unsupported',
      `${path}/config.json names no architecture, so nobody knows what the model does; name another folder.`,
    );
  }
  const modules = readSentenceModules(path);
  const labels = labelsOf(config);
  const task = taskOf({
    folder: path,
    architecture,
    labels: labels.length,
    sentenceVectors: modules !== undefined,
    media: readTextFile(path, 'preprocessor_config.json') !== undefined,
  });
  const tokenizer = required(path, 'tokenizer.json', readJsonFile(path, 'tokenizer.json', tokenizerSchema));
  const tokenizerConfig = readJsonFile(path, 'tokenizer_config.json', tokenizerConfigSchema) ?? {};
  const generation = readJsonFile(path, 'generation_config.json', generationSchema) ?? {};
  const files = modelFilesOf(path);
  if (files.size === 0) throw missing(path, 'onnx/model.onnx (or model_q4.onnx, model_quantized.onnx, …)');
  const dtype = chooseDtype(files, { wish, named: namedDtype(config), gpu, folder: path });
  const modelFile = files.get(dtype) ?? '';
  const { externalFiles, bytes } = inspectOnnxFile(modelFile);
  return {
    path,
    config,
    architecture,
    task,
    dtype,
    dtypes: [...files.keys()],
    modelFile,
    externalFiles,
    modelBytes: bytes,
    maxTokens: maxTokensOf(path, config, tokenizerConfig, task),
    vocabularySize: config.vocab_size ?? undefined,
    endIds: [...new Set([...list(generation.eos_token_id), ...list(config.eos_token_id)])],
    padId: [...list(config.pad_token_id), ...list(generation.pad_token_id)][0],
    generation,
    labels: task === 'rank' || task === 'classify' ? labels : [],
    pooling:
      task === 'embed' ? (modules?.pooling ?? (architecture.endsWith('ForCausalLM') ? 'last' : 'mean')) : undefined,
    laterModules: modules?.later ?? [],
    tokenizer,
    tokenizerConfig,
    chatTemplate: chatTemplateOf(path, tokenizerConfig),
  };
}

function required<Value>(path: string, name: string, value: Value | undefined): Value {
  if (value === undefined) throw missing(path, name);
  return value;
}

function missing(path: string, name: string): InferenceError {
  return new InferenceError(
    'model_failed',
    `The folder ${path} has no ${name}; --model takes a GGUF file or a folder with config.json, tokenizer.json and onnx/model*.onnx, as Transformers.js reads it.`,
  );
}

function list(ids: number | number[] | null | undefined): number[] {
  return [ids ?? []].flat();
}

/** Classes in the order of the logits. Transformers writes two for a model that never was given any. */
function labelsOf({ id2label, num_labels: count }: OnnxConfig): string[] {
  if (id2label !== null && id2label !== undefined) {
    return Object.entries(id2label)
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([, label]) => label);
  }
  return Array.from({ length: count ?? 2 }, (_, index) => `LABEL_${index}`);
}

/** `transformers.js_config.dtype`: a dtype, or one for each file. */
function namedDtype(config: OnnxConfig): string | undefined {
  const named = config['transformers.js_config']?.dtype;
  const schema = z.union([
    z.string(),
    z.looseObject({ model: z.string() }).transform(({ model }) => model),
    z.looseObject({ decoder_model_merged: z.string() }).transform((files) => files.decoder_model_merged),
  ]);
  return schema.safeParse(named).data;
}

/** Models of RoBERTa's family count positions from the padding token's id + 1 on. */
const shifted = /^(roberta|xlm-roberta|camembert|mpnet|longformer|data2vec-text|ibert|xmod)/;

function maxTokensOf(
  path: string,
  config: OnnxConfig,
  { model_max_length: tokenizerLimit }: TokenizerConfig,
  task: OnnxTask,
): number | undefined {
  const positions = config.max_position_embeddings ?? config.n_positions ?? config.n_ctx ?? config.max_seq_len;
  const [pad = 1] = list(config.pad_token_id);
  const usable = shifted.test(config.model_type ?? '') && positions ? positions - pad - 1 : positions;
  // What a tokenizer says is a limit for inputs that are read at once; for a text that goes on it often is an old default.
  const limits =
    task === 'generate'
      ? [usable]
      : [usable, tokenizerLimit, readJsonFile(path, 'sentence_bert_config.json', sentenceSchema)?.max_seq_length];
  const known = limits.filter((limit) => limit !== null && limit !== undefined && limit < 1e9);
  return known.length === 0 ? undefined : Math.min(...known.map(Number));
}

/** The chat template by the same order as Transformers: a file of its own counts before tokenizer_config.json. */
function chatTemplateOf(path: string, { chat_template: given }: TokenizerConfig): string | undefined {
  const file = readTextFile(path, 'chat_template.jinja');
  if (file !== undefined) return file;
  const json = readJsonFile(path, 'chat_template.json', z.looseObject({ chat_template: z.string() }));
  if (json !== undefined) return json.chat_template;
  if (!Array.isArray(given)) return given ?? undefined;
  return (given.find(({ name }) => name === 'default') ?? given[0])?.template;
}
