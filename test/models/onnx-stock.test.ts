import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { GeneratorEngine } from '../../src/engines/engine.ts';
import { inMemory } from '../../src/engines/onnx/proto/byte-source.ts';
import { block, fields, whole } from '../../src/engines/onnx/proto/protobuf.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { loadGenerator } from '../support/load-model.ts';
import { outcomeOf, roomy, tokenRequest } from '../support/token-requests.ts';

const models = process.env['HEARTH_TEST_MODELS'];
const never = new AbortController().signal;
const skip = models === undefined ? 'HEARTH_TEST_MODELS names no folder with tiny-random-llama' : false;

test(
  'a graph that the loop does not know gives the same tokens by generate(), one request at a time',
  { skip },
  async () => {
    const folder = join(models ?? '', 'tiny-random-llama');
    const strange = await mkdtemp(join(tmpdir(), 'hearth-stock-'));
    try {
      await cp(folder, strange, { recursive: true });
      const file = join(strange, 'onnx', 'model.onnx');
      const changed = withoutHeads(await readFile(join(folder, 'onnx', 'model.onnx')));
      await rm(file, { force: true });
      await writeFile(file, changed);
      const [known, stock] = [
        await loadGenerator({ path: folder, format: 'onnx' }),
        await loadGenerator({ path: strange, format: 'onnx' }),
      ];
      try {
        assert.equal(known.stepper.slots, 8);
        assert.equal(stock.stepper.slots, 1);
        assert.match(stock.device, /one request at a time by Transformers\.js' generate\(\), since .*no fixed heads/);
        const prompts = ['Once', 'a storm came over the', 'a storm came over the sea and'];
        const expected = await answers(known, prompts);
        assert.deepEqual(await answers(stock, prompts), expected);
        assert.ok(expected.every(({ length }) => length === 24));
      } finally {
        await known.stepper.dispose();
        await stock.stepper.dispose();
      }
    } finally {
      await rm(strange, { recursive: true, force: true });
    }
  },
);

/** What follows each prompt, greedily, all asked at once; the third goes on from the second where that can be. */
async function answers({ stepper, tokenizer }: GeneratorEngine, prompts: readonly string[]): Promise<number[][]> {
  const scheduler = new Scheduler(stepper, { ...roomy, maxQueue: 8, stepBudgetMs: 250 });
  return Promise.all(
    prompts.map(async (text) => {
      const prompt = tokenizer.encode(text, { special: true, continues: false });
      const { tokens, error } = await outcomeOf(scheduler.run(tokenRequest(prompt, 24, 24), never));
      assert.equal(error, undefined);
      return tokens;
    }),
  );
}

/** The graph with caches whose number of heads is a name, as some exports have them: Transformers.js takes it from config.json. */
function withoutHeads(model: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const graph of fields(inMemory(model))) {
    if (graph.number !== 7) {
      parts.push(model.subarray(graph.start, graph.end));
      continue;
    }
    const inside = [...fields(inMemory(model), graph.from, graph.end)].map((field) => {
      const name = nameOf(model, field);
      const cache = field.number === 11 && name?.startsWith('past_key_values.') === true;
      return cache ? block(11, [block(1, name), cacheType()]) : model.subarray(field.start, field.end);
    });
    parts.push(block(7, inside));
  }
  return Buffer.concat(parts);
}

function nameOf(
  model: Uint8Array,
  { number, from, end }: { number: number; from: number; end: number },
): string | undefined {
  if (number !== 11) return undefined;
  const name = [...fields(inMemory(model), from, end)].find((field) => field.number === 1);
  return name && Buffer.from(model.subarray(name.from, name.end)).toString();
}

/** TypeProto{Tensor{float, [batch, heads, tokens, 16]}} of onnx.proto. */
function cacheType(): Uint8Array {
  const dim = (value: string | number): Uint8Array =>
    block(1, typeof value === 'string' ? block(2, value) : whole(1, value));
  return block(2, block(1, [whole(1, 1), block(2, ['batch_size', 'heads', 'past_sequence_length', 16].map(dim))]));
}
