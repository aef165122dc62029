import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import type { Served } from '../../src/compose.ts';
import { defaultModelPath } from '../../src/config/model-path.ts';
import { serveReal } from '../support/real-server.ts';
import { scrape } from '../support/scrape.ts';
import { writeTinyBert } from '../support/tiny-bert.ts';

const models = process.env['HEARTH_TEST_MODELS'];
const folder = mkdtempSync(join(tmpdir(), 'hearth-two-'));
const tiny = join(folder, 'tiny.gguf');
const messages = [{ role: 'user' as const, content: 'Count from one to ten.' }];

interface Reference {
  text: string;
  tokens: number;
  embedding: number[];
}

let served: Served;
let client: OpenAI;
before(async () => {
  writeTinyBert(tiny, 'mean');
  const paths = [defaultModelPath(), tiny];
  if (models !== undefined) paths.push(join(models, 'all-minilm-l6-v2-q8_0.gguf'));
  served = await serveReal({ preload: true, model: paths, alias: ['chat', 'tiny'], parallel: 4, contextSize: 1024 });
  client = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
after(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}

test('a chat model and embedding models serve beside each other, each by its name', async () => {
  assert.deepEqual(
    served.models.slice(0, 2).map(({ id, tasks, dimensions }) => [id, tasks, dimensions]),
    [
      ['chat', ['generate'], undefined],
      ['tiny', ['embed'], 32],
    ],
  );
  const answer = client.chat.completions.create({ model: 'chat', messages, max_tokens: 24, temperature: 0 });
  const vectors = Array.from({ length: 20 }, (_, index) =>
    client.embeddings.create({ model: 'tiny', input: [`word ${'a'.repeat(index + 1)}`, 'other'] }),
  );
  const [told, ...made] = await Promise.all([answer, ...vectors]);
  assert.equal(told.model, 'chat');
  assert.ok((told.usage?.completion_tokens ?? 0) > 5);
  for (const [index, { data, usage }] of made.entries()) {
    assert.ok(Math.abs(Math.hypot(...(data[0]?.embedding ?? [])) - 1) < 1e-5);
    // A token a letter and two around each.
    assert.equal(usage.prompt_tokens, 4 + index + 1 + 2 + 5 + 2);
    assert.deepEqual(data[1]?.embedding, made[0]?.data[1]?.embedding);
  }
});

test('without a name each request goes to the first that can; chat at an embedding model is refused', async () => {
  const named = await fetch(`${served.url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: 'a' }),
  });
  assert.equal(((await named.json()) as { model: string }).model, 'tiny');
  await assert.rejects(client.chat.completions.create({ model: 'tiny', messages }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.match(error.message, /tiny makes embeddings and does not generate text; use chat/);
    return true;
  });
  await assert.rejects(client.embeddings.create({ model: 'gpt-4', input: 'a' }), OpenAI.NotFoundError);
});

test('a client that leaves many inputs ends their computing', async () => {
  const leaving = new AbortController();
  const input = Array.from({ length: 2048 }, () => 'abcdefghij '.repeat(5));
  const asked = client.embeddings.create({ model: 'tiny', input }, { signal: leaving.signal });
  setTimeout(() => leaving.abort(), 100);
  await assert.rejects(asked, OpenAI.APIUserAbortError);
  const rest = async (): Promise<(number | undefined)[]> => {
    const samples = await scrape(served.url);
    return ['queue_length', 'slots_busy'].map((name) => samples.get(`hearth_${name}{model="tiny"}`));
  };
  for (let tries = 0; tries < 50 && (await rest()).some((value) => value !== 0); tries += 1) await sleep(20);
  assert.deepEqual(await rest(), [0, 0]);
});

test(
  'all-MiniLM gives the vectors of Transformers over the wire, alone and in a batch',
  { skip: models === undefined ? 'HEARTH_TEST_MODELS names no folder with all-minilm-l6-v2-q8_0.gguf' : false },
  async () => {
    const file = readFileSync(join(models ?? '', 'all-MiniLM-L6-v2-fp32-vectors.json'), 'utf8');
    const { items } = JSON.parse(file) as { items: Reference[] };
    const model = 'all-minilm-l6-v2-q8_0';
    const batch = await client.embeddings.create({ model, input: items.map(({ text }) => text) });
    assert.equal(
      batch.usage.prompt_tokens,
      items.reduce((sum, { tokens }) => sum + tokens, 0),
    );
    for (const [index, { text, embedding, tokens }] of items.entries()) {
      const alone = await client.embeddings.create({ model, input: text });
      assert.equal(alone.usage.prompt_tokens, tokens);
      for (const vector of [alone.data[0]?.embedding, batch.data[index]?.embedding]) {
        assert.ok(cosine(vector ?? [], embedding) >= 0.98, text);
      }
    }
  },
);
