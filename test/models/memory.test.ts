import assert from 'node:assert/strict';
import { freemem } from 'node:os';
import { test } from 'node:test';
import { getLlama, LlamaLogLevel, type LlamaContext } from 'node-llama-cpp';
import { defaultModelPath } from '../../src/config/model-path.ts';
import { InferenceError } from '../../src/contract/errors.ts';
import { kvCacheTypes, type KvCacheType } from '../../src/contract/memory.ts';
import { createContext } from '../../src/engines/gguf/context.ts';
import type { LoadOptions } from '../../src/engines/index.ts';
import { cpuOptions } from '../support/load-model.ts';
import { postJson, postLlm, serveReal } from '../support/real-server.ts';
import { anonymousBytes } from '../support/resident-memory.ts';
import { loadTiny, tinyPath } from '../support/tiny-model.ts';

const MiB = 2 ** 20;
const path = defaultModelPath();

interface Native {
  _ctx: { getMemoryBreakdown(): { cpuRam: number } };
}

test(
  'the estimate is what a context really takes',
  { skip: process.platform !== 'linux' && 'reads /proc' },
  async () => {
    const llama = await getLlama({ gpu: false, build: 'never', maxThreads: 0, logLevel: LlamaLogLevel.error });
    const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
    const cases: [number, number, KvCacheType, LoadOptions['flashAttention']][] = [
      [2048, 1, 'f16', 'auto'],
      [2048, 8, 'f16', 'off'],
      [8192, 4, 'f16', 'auto'],
      [2048, 8, 'q8_0', 'auto'],
      [8192, 8, 'q4_0', 'on'],
    ];
    for (const [contextSize, slots, kvCacheType, flashAttention] of cases) {
      const name = `${slots} × ${contextSize} ${kvCacheType}, flash attention ${flashAttention}`;
      const sizes = { contextSize, slots, threads: 1, gpuLayers: 0 };
      const options = cpuOptions({ path, format: 'gguf', ...sizes, kvCacheType, flashAttention });
      const before = anonymousBytes();
      const planned = await createContext(llama, model, options, 1);
      const { memory } = planned;
      const context = planned.context as LlamaContext & Native;
      const grown = anonymousBytes() - before;
      const allocated = context._ctx.getMemoryBreakdown().cpuRam;
      assert.ok(Math.abs(memory.contextBytes - allocated) <= 0.15 * allocated, `${name}: ${allocated} allocated`);
      // Buffers to compute in become resident as they are used.
      assert.ok(grown <= memory.contextBytes + 64 * MiB, `${name}: ${grown} resident`);
      assert.ok(grown >= 0.85 * memory.contextBytes - 128 * MiB, `${name}: ${grown} resident`);
      assert.equal(memory.flashAttention, flashAttention !== 'off', name);
      await context.dispose();
    }
    await model.dispose();
  },
);

interface ChatReply {
  choices: { message: { content: string } }[];
  usage: { prompt_tokens: number; prompt_tokens_details: { cached_tokens: number } };
}

test('a quantized cache gives the same greedy answer again, from a prefix that it kept', async () => {
  const served = await serveReal({ kvCacheType: 'q8_0', contextSize: 1024, parallel: 2 });
  try {
    assert.equal(served.models[0]?.memory?.kvCacheType, 'q8_0');
    const story = 'The river runs through the valley. '.repeat(12);
    const ask = async (question: string): Promise<ChatReply> => {
      const body = { model: 'any', temperature: 0, max_tokens: 16 };
      const messages = [{ role: 'user', content: `${story}${question}` }];
      return (await postJson(`${served.url}/v1/chat/completions`, { ...body, messages })).body as ChatReply;
    };
    const first = await ask('What is the capital of France?');
    assert.match(first.choices[0]?.message.content ?? '', /Paris/);
    const again = await ask('What is the capital of France?');
    assert.deepEqual(again.choices, first.choices);
    assert.equal(again.usage.prompt_tokens - again.usage.prompt_tokens_details.cached_tokens, 1);
    const tail = await ask('What is the capital of Italy?');
    assert.match(tail.choices[0]?.message.content ?? '', /Rome/);
    assert.ok(tail.usage.prompt_tokens_details.cached_tokens > 80, JSON.stringify(tail.usage));
  } finally {
    await served.close();
  }
});

test('every type of cache can be loaded', async () => {
  for (const kvCacheType of kvCacheTypes) {
    const served = await serveReal({ kvCacheType, contextSize: 256, parallel: 1 });
    const { body } = await postLlm(served.url, {
      inputs: 'The capital of France is',
      max_new_tokens: 6,
      temperature: 0,
    });
    await served.close();
    assert.match(body.response, /\w/, kvCacheType);
  }
});

async function failure(options: Partial<LoadOptions>): Promise<InferenceError> {
  const error = await loadTiny({ path: tinyPath, ...options }).then(
    () => assert.fail('it was loaded'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof InferenceError, String(error));
  return error;
}

test('a cache that the model or the settings cannot have is refused with the reason', async () => {
  const blocks = await failure({ kvCacheType: 'q8_0' });
  assert.equal(blocks.code, 'invalid_request');
  assert.match(blocks.message, /--kv-cache-type q8_0 stores blocks of 32 values, .* have 16, .*--kv-cache-type f16/);
  const plain = await failure({ kvCacheType: 'q4_0', flashAttention: 'off' });
  assert.match(plain.message, /q4_0 works with flash attention alone; set --flash-attention auto or/);
});

const roomy = freemem() > 40 * 2 ** 30 && 'this machine may have room for the most that can be asked for';
test('a context that cannot fit is refused before anything is allocated', { skip: roomy }, async () => {
  const before = process.memoryUsage.rss();
  const error = await failure({ path, contextSize: 8192, slots: 256 });
  assert.equal(error.code, 'insufficient_memory');
  assert.match(
    error.message,
    /^A context of 256 × 8192 tokens needs 45\.\d GiB beside the model, but of \d+\.\d GiB free/,
  );
  const [, fewer] = /--parallel (\d+)/.exec(error.message) ?? [];
  assert.ok(Number(fewer) > 0 && Number(fewer) < 256, error.message);
  assert.ok(process.memoryUsage.rss() - before < 500 * MiB);
});
