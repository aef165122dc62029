import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { loadGgufEmbedder, type EmbedderOptions, type LoadedEmbedder } from '../../src/engines/gguf/embeddings.ts';
import { tinyPath } from '../support/tiny-model.ts';

const models = process.env['HEARTH_TEST_MODELS'];
const skip = models === undefined ? 'HEARTH_TEST_MODELS names no folder with all-minilm-l6-v2-q8_0.gguf' : false;
const never = new AbortController().signal;

function options(path: string): EmbedderOptions {
  return { path, device: 'cpu', threads: undefined, contextSize: undefined, lanes: undefined };
}

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

suite('an embedding model', { skip }, () => {
  let loaded: LoadedEmbedder;
  let references: Reference[];
  before(async () => {
    const folder = models ?? '';
    loaded = await loadGgufEmbedder(options(join(folder, 'all-minilm-l6-v2-q8_0.gguf')));
    const file = readFileSync(join(folder, 'all-MiniLM-L6-v2-fp32-vectors.json'), 'utf8');
    references = (JSON.parse(file) as { items: Reference[] }).items;
  });
  after(() => loaded.embedder.dispose());

  test('its vectors are those of Transformers in float32, of length 1, in the order of the inputs', async () => {
    const { embedder, encode } = loaded;
    assert.deepEqual([embedder.dimensions, embedder.contextSize], [384, 512]);
    const vectors = await embedder.embed(
      references.map(({ text }) => encode(text)),
      never,
    );
    assert.equal(vectors.length, references.length);
    for (const [index, { text, embedding }] of references.entries()) {
      const vector = vectors[index] ?? assert.fail();
      const cosine = dot(vector, embedding) / Math.sqrt(dot(embedding, embedding));
      assert.ok(cosine >= 0.99, `${cosine} for ${text}`);
      assert.ok(Math.abs(dot(vector, vector) - 1) < 1e-5);
    }
  });

  test('calls beside each other get what each gets alone', async () => {
    const { embedder, encode } = loaded;
    const inputs = references.map(({ text }) => encode(text));
    const alone: Float32Array[] = [];
    for (const input of inputs) alone.push(...(await embedder.embed([input], never)));
    const together = await Promise.all(inputs.map((input) => embedder.embed([input], never)));
    for (const [index, [vector]] of together.entries()) {
      assert.ok(dot(vector ?? [], alone[index] ?? []) > 0.9999, `input ${index}`);
    }
  });

  test('refuses inputs that are empty or too long, with the numbers', async () => {
    const { embedder } = loaded;
    await assert.rejects(embedder.embed([[2000], []], never), /Input 1 is empty/);
    const long = Array.from({ length: 511 }, () => 2000);
    await assert.rejects(embedder.embed([long], never), (error) => {
      assert.ok(error instanceof InferenceError);
      assert.equal(error.code, 'context_exceeded');
      assert.match(error.message, /513 tokens.*512/);
      return true;
    });
    assert.equal((await embedder.embed([long.slice(1)], never)).length, 1);
  });
});

test('a model that generates text is refused', async () => {
  await assert.rejects(loadGgufEmbedder(options(tinyPath)), (error) => {
    assert.ok(error instanceof InferenceError);
    assert.equal(error.code, 'unsupported');
    assert.match(error.message, /makes no embeddings/);
    return true;
  });
});
