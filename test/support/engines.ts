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
}

const models = process.env['HEARTH_TEST_MODELS'];
const absent = 'HEARTH_TEST_MODELS names no folder with SmolLM2-135M-Instruct-ONNX';
const smol: readonly EngineModel[] = [
  { format: 'gguf', path: defaultModelPath(), id: 'SmolLM2-135M-Instruct.Q4_1' },
  { format: 'onnx', path: join(models ?? '', 'SmolLM2-135M-Instruct-ONNX'), id: 'SmolLM2-135M-Instruct-ONNX' },
];
/** The tiny random model: its attention is not fused, so ONNX Runtime gathers its slots for each batch. */
export const tinyOnnx: EngineModel = {
  format: 'onnx',
  path: fileURLToPath(new URL('../fixtures/tiny-random-llama-onnx', import.meta.url)),
  id: 'tiny-random-llama-onnx',
};
export const tinyGguf: EngineModel = { format: 'gguf', path: tinyPath, id: 'tiny-random-llama' };

/** Has the same tests run on both engines, each with the weights of SmolLM2-135M-Instruct: the hooks, too, are each suite's own. */
export function onBothEngines(tests: (model: EngineModel) => void): void {
  for (const model of smol) {
    const skip = model.format === 'onnx' && models === undefined ? absent : false;
    suite(`${model.format}: SmolLM2-135M-Instruct`, { skip }, () => tests(model));
  }
}

/** The same with the tiny random model, which is always there. */
export function onBothTinyEngines(tests: (model: EngineModel) => void): void {
  for (const model of [tinyGguf, tinyOnnx]) suite(`${model.format}: a tiny random Llama`, () => tests(model));
}
