import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { loadModel } from '../../src/compose.ts';
import { defaultSettings } from '../../src/config/resolve.ts';
import type { EmbedResult } from '../../src/contract/embed.ts';
import { InferenceError } from '../../src/contract/errors.ts';
import type { Capable } from '../../src/contract/model.ts';
import { modelsOf } from '../support/fake-model.ts';
import { keptLog } from '../support/server.ts';

const folder = process.env['HEARTH_TEST_MODELS'];
const skip =
  folder === undefined ? 'HEARTH_TEST_MODELS names no folder with all-MiniLM-L6-v2 as GGUF and as ONNX' : false;
const never = new AbortController().signal;

interface Reference {
  text: string;
  tokens: number;
  embedding: number[];
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

interface Case {
  file: string;
  id: string;
  /** Cosine at least, with the vectors in float32. */
  exact: number;
  /** Cosine at least of what is computed beside others with what is computed alone. */
  beside: number;
}

const cases: Case[] = [
  { file: 'all-minilm-l6-v2-q8_0.gguf', id: 'all-minilm-l6-v2-q8_0', exact: 0.99, beside: 0.9999 },
  // Its activations are quantized by the range of all that is computed in a run (docs/benchmarks.md).
  { file: 'all-MiniLM-L6-v2-ONNX', id: 'all-MiniLM-L6-v2-ONNX', exact: 0.98, beside: 0.97 },
];

for (const { file, id, exact, beside } of cases)
  suite(`the embedding model ${file}`, { skip }, () => {
    let model: Capable<'embed'>;
    let references: Reference[];
    before(async () => {
      const path = join(folder ?? '', file);
      const loaded = await loadModel(defaultSettings({ model: [path], device: 'cpu' }), { log: keptLog('silent').log });
      model = await modelsOf(loaded).capable(undefined, 'embed');
      const vectors = readFileSync(join(folder ?? '', 'all-MiniLM-L6-v2-fp32-vectors.json'), 'utf8');
      references = (JSON.parse(vectors) as { items: Reference[] }).items;
    });
    after(() => model.dispose());

    function embed(contents: readonly (string | readonly number[])[], dimensions?: number): Promise<EmbedResult> {
      const inputs = contents.map((content, index) => ({ content, name: `input[${index}]` }));
      return model.embed({ inputs, dimensions, names: { dimensions: 'dimensions' } }, never);
    }

    test('tells what it is', () => {
      const { tasks, dimensions, contextSize, id: name } = model.info;
      assert.deepEqual([tasks, dimensions, contextSize, name], [['embed'], 384, 512, id]);
      assert.equal(model.generate, undefined);
    });

    test('its vectors are those of Transformers in float32, alone and in a batch, of length 1, in the order of the inputs, with all tokens counted', async () => {
      const { vectors, promptTokens } = await embed(references.map(({ text }) => text));
      assert.equal(
        promptTokens,
        references.reduce((sum, { tokens }) => sum + tokens, 0),
      );
      assert.equal(vectors.length, references.length);
      for (const [index, { text, embedding }] of references.entries()) {
        for (const vector of [vectors[index] ?? assert.fail(), ...(await embed([text])).vectors]) {
          const cosine = dot(vector, embedding) / Math.sqrt(dot(embedding, embedding));
          assert.ok(cosine >= exact, `${cosine} for ${text}`);
          assert.ok(Math.abs(dot(vector, vector) - 1) < 1e-5);
        }
      }
    });

    test('calls beside each other get what each gets alone', async () => {
      const alone: Float32Array[] = [];
      for (const { text, tokens } of references) {
        const { vectors, promptTokens } = await embed([text]);
        assert.equal(promptTokens, tokens, text);
        alone.push(...vectors);
      }
      const together = await Promise.all(references.map(({ text }) => embed([text])));
      for (const [index, { vectors }] of together.entries()) {
        const cosine = dot(vectors[0] ?? [], alone[index] ?? []);
        assert.ok(cosine > beside, `${cosine} for input ${index}`);
      }
    });

    test('tokens give the vector of their text, with and without the special ones around them', async () => {
      // [CLS] hello world [SEP] in bert-base-uncased
      const { vectors, promptTokens } = await embed(['Hello world', [7592, 2088], [101, 7592, 2088, 102]]);
      assert.equal(promptTokens, 12);
      for (const vector of vectors.slice(1)) assert.deepEqual(vector, vectors[0]);
    });

    test('a word that is not in the vocabulary does not tear up its neighbours; names of special tokens are text', async () => {
      const counts = async (text: string): Promise<number> => (await embed([text])).promptTokens;
      assert.equal(await counts('hello \u{1F9FF} world'), 5);
      assert.ok((await counts('hello [SEP] world')) > 5);
    });

    test('dimensions cuts the vector and makes it of length 1 again', async () => {
      const [whole = new Float32Array()] = (await embed(['Hello world'])).vectors;
      const [cut = new Float32Array()] = (await embed(['Hello world'], 64)).vectors;
      assert.equal(cut.length, 64);
      assert.ok(Math.abs(dot(cut, cut) - 1) < 1e-5);
      const scale = Math.hypot(...whole.subarray(0, 64));
      assert.ok(cut.every((value, at) => Math.abs(value * scale - (whole[at] ?? 0)) < 1e-6));
      await assert.rejects(embed(['a'], 385), { param: 'dimensions', message: /385.*384/ });
    });

    test('refuses inputs that are too long, with the numbers, and takes the longest that fit', async () => {
      const long = Array.from({ length: 511 }, () => 2000);
      await assert.rejects(embed([[2000], long]), (error) => {
        assert.ok(error instanceof InferenceError);
        assert.deepEqual([error.code, error.param], ['context_exceeded', 'input[1]']);
        assert.match(error.message, /513 tokens.*512/);
        return true;
      });
      await assert.rejects(embed(['x '.repeat(100_000)]), { code: 'context_exceeded', message: /at least \d+ tokens/ });
      assert.equal((await embed([long.slice(1)])).promptTokens, 512);
    });

    test('refuses ids that are no tokens of it', async () => {
      await assert.rejects(embed([[101, 30_522]]), {
        code: 'invalid_request',
        param: 'input[0][1]',
        message: "input[0][1] is 30522, but the model's tokens have the ids 0 to 30521.",
      });
    });
  });
