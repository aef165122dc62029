import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LaneStepper } from '../../src/engines/gguf/lanes.ts';
import type { GgufStepper } from '../../src/engines/gguf/stepper.ts';
import { fixedThreads, LaneThreads } from '../../src/engines/gguf/threads.ts';

test('a copy to another lane that finds no room for its file copies nothing, and none is offered again', async () => {
  const trims: number[] = [];
  const createLane = (): GgufStepper =>
    ({
      slots: 1,
      contextSize: 100,
      batchSize: 100,
      chunkUnit: 1,
      length: () => 20,
      save: () => Promise.reject(new Error('no space left on device')),
      trim: (_slot: number, length: number) => {
        trims.push(length);
        return Promise.resolve(length);
      },
    }) as unknown as GgufStepper;
  const stepper = new LaneStepper({
    lanes: [createLane(), createLane()],
    threads: new LaneThreads(fixedThreads(1), 1),
    costs: { nativeMs: 5, fileMs: 1, fileMsPerToken: 0 },
    file: join(tmpdir(), 'hearth-no-such-file'),
    dispose: () => Promise.resolve(),
  });
  assert.equal(stepper.copyMs(20), 1);
  assert.equal(await stepper.copy(0, 1, 20), 0);
  assert.deepEqual(trims, [0]);
  assert.equal(stepper.copyMs(20), Infinity);
});
