import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
