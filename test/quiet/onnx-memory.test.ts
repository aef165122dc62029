import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import type { GeneratorEngine, LoadOptions } from '../../src/engines/index.ts';
import { smolOnnx } from '../support/engines.ts';
import { anonymousBytes } from '../support/resident-memory.ts';
import { loadGenerator } from '../support/load-model.ts';
import { greedy } from '../support/token-requests.ts';

const MiB = 2 ** 20;
const { path, skip } = smolOnnx;

function load(options: Partial<LoadOptions>): Promise<GeneratorEngine> {
  return loadGenerator({ path, format: 'onnx', contextSize: 1024, slots: 4, threads: 1, ...options });
}

const mebibytes = (bytes: number): number => Math.round(bytes / MiB);

suite('the memory of an ONNX model', { skip }, () => {
  const linux = process.platform !== 'linux' && 'reads /proc';

  test('is given back when it is unloaded, time after time', { skip: linux }, async (t) => {
    const prompt = Array.from({ length: 100 }, (_, index) => 1000 + index);
    const left: number[] = [];
    let taken = Infinity;
    for (let time = 0; time < 6; time += 1) {
      const before = anonymousBytes();
      const { stepper } = await load({});
      await stepper.begin(0, { prompt, maxTokens: 1, minTokens: 0, sampling: greedy });
      await stepper.step([{ slot: 0, tokens: prompt, sample: true }]);
      if (time === 0) taken = anonymousBytes() - before;
      await stepper.dispose();
      left.push(anonymousBytes());
    }
    t.diagnostic(`a model takes ${mebibytes(taken)} MiB; after each there are ${left.map(mebibytes).join()}`);
    // malloc keeps some of what threads gave back; four models that stay would be four times this.
    assert.ok((left[5] ?? Infinity) - (left[1] ?? 0) < taken, left.map(mebibytes).join());
  });

  test('is refused where a context cannot fit, with settings that can', async () => {
    const error = await load({ contextSize: 8192, slots: 1000 }).then(
      () => assert.fail('it was loaded'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof InferenceError, String(error));
    assert.equal(error.code, 'insufficient_memory');
    assert.match(
      error.message,
      /^A context of 1000 × 8192 tokens needs \d+\.\d GiB beside the model, but of \d+\.\d GiB free/,
    );
    const [, fewer] = /--parallel (\d+)/.exec(error.message) ?? [];
    assert.ok(Number(fewer) > 0 && Number(fewer) < 1000, error.message);
  });
});
