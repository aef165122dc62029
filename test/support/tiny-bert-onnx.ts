import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Model } from '../../src/contract/model.ts';
import type { LoadOptions } from '../../src/engines/index.ts';
import { loadOnnx } from '../../src/engines/onnx/load.ts';
import { createClassificationModel } from '../../src/runtime/classification.ts';
import { createEmbeddingModel } from '../../src/runtime/embedding.ts';
import { createRankingModel } from '../../src/runtime/ranking.ts';

export type TinyBertTask = 'embed' | 'rank' | 'classify';

/** What a fixture has to give for a text or a pair, computed elsewhere (scripts/tiny-bert-onnx.py). */
export interface Expected {
  text: string;
  pair?: string;
  ids: number[];
  types: number[];
  mean: number[];
  cls: number[];
  last: number[];
  logits: number[];
}

/** The folder of a BERT with random weights; see test/fixtures/README.md. */
export function tinyBertFolder(task: TinyBertTask): string {
  return fileURLToPath(new URL(`../fixtures/tiny-bert-${task}-onnx`, import.meta.url));
}

/** What it has to give. */
export function tinyBertExpected(task: TinyBertTask): Expected[] {
  const file = readFileSync(join(tinyBertFolder(task), 'expected.json'), 'utf8');
  return JSON.parse(file) as Expected[];
}

/** Has somebody work on a copy of the folder, which is removed afterwards. */
export async function withTinyBert<T>(task: TinyBertTask, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'hearth-tiny-bert-'));
  try {
    await cp(tinyBertFolder(task), folder, { recursive: true });
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Loads a folder for what it was made for, with the real runtime. */
export async function openOnnxEncoder(folder: string, options: Partial<LoadOptions> = {}): Promise<Model> {
  const engine = await loadOnnx({
    format: 'onnx',
    dtype: undefined,
    path: folder,
    device: 'cpu',
    contextSize: undefined,
    slots: undefined,
    threads: undefined,
    batchSize: undefined,
    gpuLayers: 'auto',
    scratchFolder: tmpdir(),
    kvCacheType: 'f16',
    flashAttention: 'auto',
    ...options,
  });
  const { tokenizer, device, task } = engine;
  const limits = { maxQueue: 128, maxQueueWaitMs: 60_000 };
  const known = { id: 'tiny', format: 'onnx', device, created: 1_700_000_000, tasks: [task] } as const;
  switch (engine.task) {
    case 'embed': {
      const { contextSize, lanes: slots, dimensions } = engine.embedder;
      return createEmbeddingModel({
        info: { ...known, contextSize, slots, dimensions },
        tokenizer,
        embedder: engine.embedder,
        limits,
      });
    }
    case 'rank': {
      const { contextSize, lanes: slots } = engine.ranker;
      return createRankingModel({ info: { ...known, contextSize, slots }, tokenizer, ranker: engine.ranker, limits });
    }
    case 'classify': {
      const { contextSize, lanes: slots, labels } = engine.classifier;
      const info = { ...known, contextSize, slots, labels };
      return createClassificationModel({ info, tokenizer, classifier: engine.classifier, limits });
    }
    default:
      throw new Error(`${folder} generates`);
  }
}
