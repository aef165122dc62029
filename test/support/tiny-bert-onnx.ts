import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel } from '../../src/compose.ts';
import { defaultSettings } from '../../src/config/resolve.ts';
import type { Capable, Task } from '../../src/contract/model.ts';
import { modelsOf } from './fake-model.ts';
import { keptLog } from './server.ts';

type TinyBertTask = Exclude<Task, 'generate'>;

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

/** Loads one, a fixture unless another folder is given. */
export async function openTinyBert<T extends TinyBertTask>(
  task: T,
  folder = tinyBertFolder(task),
  settings: { parallel?: number; contextSize?: number } = {},
): Promise<Capable<T>> {
  const given = defaultSettings({ model: [folder], device: 'cpu', ...settings });
  return modelsOf(await loadModel(given, { log: keptLog('silent').log })).capable(undefined, task);
}
