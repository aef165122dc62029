import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { getLlama, LlamaLogLevel, type Llama, type LlamaModel } from 'node-llama-cpp';
import type { Stepper } from '../../src/contract/tokens.ts';
import { addonContext } from '../../src/engines/gguf/addon.ts';
import { Handover, type HandoverCosts } from '../../src/engines/gguf/handover.ts';
import { tinyOnnx } from '../support/engines.ts';
import { handoverStepper } from '../support/handover-stepper.ts';
import { loadTiny, tinyGolden, tinyPath } from '../support/tiny-model.ts';
import { greedy } from '../support/token-requests.ts';

const ways = {
  native: { nativeMs: 1, fileMs: 1000, fileMsPerToken: 0 },
  file: { nativeMs: 1000, fileMs: 1, fileMsPerToken: 0 },
} satisfies Record<string, HandoverCosts>;
const SLOTS = 5;
const { prompt, greedy: golden } = tinyGolden;

let llama: Llama;
let model: LlamaModel;
let folder: string;
before(async () => {
  llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled, maxThreads: 2 });
  model = await llama.loadModel({ modelPath: tinyPath });
  folder = await mkdtemp(join(tmpdir(), 'handover-test-'));
});
after(async () => {
  await model.dispose();
  await llama.dispose();
  await rm(folder, { recursive: true });
});

const create: Record<string, () => Promise<Stepper>> = {
  'gguf: native copies': () => ofLlama(ways.native),
  'gguf: file copies': () => ofLlama(ways.file),
  'onnx: copies': async () =>
    (await loadTiny({ path: tinyOnnx.path, format: tinyOnnx.format, slots: SLOTS, batchSize: 256 })).stepper,
};

function ofLlama(costs: HandoverCosts): Promise<Stepper> {
  return handoverStepper(llama, model, { slots: SLOTS, costs, file: join(folder, 'handover.state') });
}

for (const [way, createStepper] of Object.entries(create)) {
  describe(way, () => {
    let stepper: Stepper;
    before(async () => {
      stepper = await createStepper();
    });
    after(() => stepper.dispose());

    /** Fills the slot with tokens, sampling nothing. */
    async function read(slot: number, tokens: readonly number[]): Promise<void> {
      await stepper.trim(slot, 0);
      await stepper.step([{ slot, tokens, sample: false }]);
    }

    /** Lets slots that hold the same first tokens of the prompt go on together, and asserts that the golden ones come. */
    async function assertGolden(slots: readonly number[], held: number, count = 12): Promise<void> {
      const last = new Map<number, number>();
      for (const slot of slots) await stepper.begin(slot, { prompt, maxTokens: count, minTokens: 0, sampling: greedy });
      for (let step = 0; step < count; step += 1) {
        const results = await stepper.step(
          slots.map((slot) => ({
            slot,
            tokens: step === 0 ? prompt.slice(held) : [last.get(slot) ?? 0],
            sample: true,
          })),
        );
        for (const { slot, id } of results) {
          assert.equal(id, golden[step], `slot ${slot}, token ${step}`);
          last.set(slot, id);
        }
      }
    }

    test('yield the golden tokens in every slot', async () => {
      await read(0, prompt.slice(0, 15));
      for (const to of [1, 4, 2]) assert.equal(await stepper.copy(0, to, 15), 15);
      await assertGolden([0, 1, 2, 4], 15);
    });

    test('may be shorter than what the slot holds', async () => {
      await read(2, [...prompt.slice(0, 15), 7, 7, 7]);
      assert.equal(await stepper.copy(2, 3, 10), 10);
      assert.equal(await stepper.copy(2, 1, 15), 15);
      await assertGolden([3], 10);
      await assertGolden([1], 15);
    });

    test('are not hurt when the source is cut back, emptied or read anew before the next step', async () => {
      for (const length of [0, 4]) {
        await read(0, prompt.slice(0, 15));
        await stepper.copy(0, 1, 15);
        await stepper.trim(0, length);
        await stepper.step([{ slot: 0, tokens: [9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9], sample: false }]);
        await assertGolden([1], 15);
      }
    });

    test('leave both slots usable when either is loaded from a file before the next step', async () => {
      const file = join(folder, 'prefix');
      await read(3, prompt.slice(0, 12));
      await stepper.save(3, prompt.slice(0, 12), file);
      for (const loaded of [0, 1]) {
        await read(0, prompt.slice(0, 15));
        await stepper.copy(0, 1, 15);
        assert.equal(await stepper.load(loaded, file), 12);
        await assertGolden([loaded], 12);
        await assertGolden([1 - loaded], 15);
      }
    });

    test('follow each other from slot to slot before a step', async () => {
      await read(0, prompt.slice(0, 15));
      await stepper.copy(0, 1, 15);
      await stepper.copy(1, 2, 14);
      await stepper.copy(2, 4, 13);
      await stepper.trim(0, 0);
      await stepper.trim(1, 3);
      await assertGolden([2], 14);
      await assertGolden([4], 13);
      await assertGolden([1], 3);
    });

    test('into the source of another copy leave that copy as it was', async () => {
      await read(0, prompt.slice(0, 15));
      await read(3, [8, 8, 8, 8, 8]);
      await stepper.copy(0, 1, 15);
      await stepper.copy(3, 0, 5);
      await stepper.copy(1, 3, 15);
      await assertGolden([1, 3], 15);
    });

    test('come from a slot that goes on decoding', async () => {
      await read(0, prompt.slice(0, 19));
      await stepper.begin(0, { prompt, maxTokens: 8, minTokens: 0, sampling: greedy });
      let last = prompt[19] ?? 0;
      for (let step = 0; step < 8; step += 1) {
        if (step > 0) assert.equal(await stepper.copy(0, 1, 20), 20);
        if (step > 0) assert.equal(await stepper.copy(0, 2, 18), 18);
        const [result] = await stepper.step([{ slot: 0, tokens: [last], sample: true }]);
        last = result?.id ?? 0;
        assert.equal(last, golden[step]);
      }
      await stepper.trim(1, 19);
      await assertGolden([1], 19);
      await assertGolden([2], 18);
    });

    test('are carried out before a slot is saved', async () => {
      const file = join(folder, 'copied');
      await read(0, prompt.slice(0, 15));
      for (const saved of [0, 1]) {
        await stepper.copy(0, 1, 15);
        await stepper.save(saved, prompt.slice(0, 15), file);
        assert.equal(await stepper.load(2, file), 15);
        await assertGolden([1, 2], 15);
      }
    });

    test('of a full slot can be saved and copied on', async () => {
      const file = join(folder, 'full');
      const full = [...prompt.slice(0, 15), ...Array.from({ length: 241 }, () => 7)];
      await read(0, full);
      assert.equal(await stepper.copy(0, 1, 256), 256);
      await stepper.save(1, full, file);
      assert.equal(await stepper.load(2, file), 256);
      assert.equal(await stepper.copy(2, 3, 256), 256);
      for (const slot of [0, 1, 2, 3]) assert.equal(await stepper.trim(slot, 15), 15);
      await assertGolden([0, 1, 2, 3], 15);
    });

    test('a file that cannot be loaded throws and leaves an empty slot that works', async () => {
      const file = join(folder, 'whole');
      const bad = join(folder, 'bad');
      await read(0, prompt.slice(0, 15));
      await stepper.save(0, prompt.slice(0, 15), file);
      const bytes = await readFile(file);
      const damages = [
        () => writeFile(bad, ''),
        () => writeFile(bad, bytes.subarray(0, 20)),
        () => writeFile(bad, bytes.subarray(0, bytes.length / 2)),
        () => writeFile(bad, Buffer.alloc(bytes.length, 0xff)),
        () => writeFile(bad, Buffer.concat([Buffer.from('XXXXXXXX'), bytes.subarray(8)])),
        () => rm(bad),
      ];
      for (const [index, damage] of damages.entries()) {
        await read(1, prompt.slice(0, 9));
        await damage();
        await assert.rejects(stepper.load(1, bad), Error, `damage ${index}`);
        await assertGolden([1], 0, 4);
      }
      assert.equal(await stepper.load(1, file), 15);
      await assertGolden([1], 15);
    });

    test('a file that cannot be written whole throws, and the slot still holds its tokens', async (t) => {
      if (process.platform !== 'linux') return t.skip('only Linux has /dev/full');
      await read(0, prompt.slice(0, 15));
      await assert.rejects(stepper.save(0, prompt.slice(0, 15), '/dev/full'));
      await assertGolden([0], 15, 4);
    });
  });
}

test('a copy that finds no room for its file copies nothing, and no file is tried again', async () => {
  const context = await model.createContext({ contextSize: 256, sequences: 2, batchSize: 256, threads: 1 });
  const native = addonContext(context);
  const handover = new Handover(native, ways.file, 256, join(folder, 'gone', 'handover.state'));
  native.initBatch(15);
  native.addToBatch(0, 0, Uint32Array.from(prompt.slice(0, 15)), new Uint32Array());
  await native.decodeBatch();
  assert.equal(handover.expectedMs(15), 1);
  assert.equal(await handover.copy(0, 1, 15, 15), 0);
  assert.equal(handover.expectedMs(15), 1000);
  assert.equal(await handover.copy(0, 1, 15, 15), 15);
  await context.dispose();
});
