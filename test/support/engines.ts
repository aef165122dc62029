import { join } from 'node:path';
import { suite } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultModelPath } from '../../src/config/model-path.ts';
import type { LoadOptions } from '../../src/engines/index.ts';
import { tinyPath } from './tiny-model.ts';

/** A model in the form that one of the engines loads. */
export interface EngineModel {
  format: LoadOptions['format'];
  /** Of the GGUF file or the ONNX folder. */
  path: string;
  /** What it is called where no alias is given. */
  id: string;
  /** Why tests of it cannot run, where they cannot. */
  skip: string | false;
}

const models = process.env['HEARTH_TEST_MODELS'];
const smolGguf: EngineModel = {
  format: 'gguf',
  path: defaultModelPath(),
  id: 'SmolLM2-135M-Instruct.Q4_1',
  skip: false,
};
/** The same weights with fused attention; it lies in another place, and tests of it are skipped where it does not. */
export const smolOnnx: EngineModel = {
  format: 'onnx',
  path: join(models ?? '', 'SmolLM2-135M-Instruct-ONNX'),
  id: 'SmolLM2-135M-Instruct-ONNX',
  skip: models === undefined && 'HEARTH_TEST_MODELS names no folder with SmolLM2-135M-Instruct-ONNX',
};
/** The tiny random model: its attention is not fused, so ONNX Runtime gathers its slots for each batch. */
export const tinyOnnx: EngineModel = {
  format: 'onnx',
  path: fileURLToPath(new URL('../fixtures/tiny-random-llama-onnx', import.meta.url)),
  id: 'tiny-random-llama-onnx',
  skip: false,
};
export const tinyGguf: EngineModel = { format: 'gguf', path: tinyPath, id: 'tiny-random-llama', skip: false };

/** Has the same tests run on both engines, each with the weights of SmolLM2-135M-Instruct: hooks, too, are each suite's own. */
export function onBothEngines(tests: (model: EngineModel) => void): void {
  for (const model of [smolGguf, smolOnnx]) {
    suite(`${model.format}: SmolLM2-135M-Instruct`, { skip: model.skip }, () => tests(model));
  }
}

/** The same with the tiny random model, which is always there. */
export function onBothTinyEngines(tests: (model: EngineModel) => void): void {
  for (const model of [tinyGguf, tinyOnnx]) suite(`${model.format}: a tiny random Llama`, () => tests(model));
}
