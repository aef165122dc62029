import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createModelConfigs, type ModelConfigs } from '../../src/library/model-configs.ts';
import { LocalWrapper } from '../../src/wrappers/local.ts';
import { apiKey, startForClients, type ClientServer } from '../support/client-server.ts';
import { onBothEngines } from '../support/engines.ts';
import { writeTinyBert } from '../support/tiny-bert.ts';
import { tinyDimensions } from '../support/tiny-vectors.ts';

const question = [{ role: 'user', content: 'What is the capital of France?' }];

onBothEngines((model) => {
  let server: ClientServer;
  let configs: ModelConfigs;

  before(async () => {
    server = await startForClients(model);
    const headers = { Authorization: `Bearer ${apiKey}` };
    const json = { max_new_tokens: 16, temperature: 0 };
    const openai = { api_key: apiKey, client_args: { base_url: `${server.url}/v1/` } };
    const generate = { model_name: 'chat', generate_args: { max_tokens: 16, temperature: 0 } };
    configs = createModelConfigs();
    configs.read([
      { config_name: 'post', model_type: 'post_api', api_url: `${server.url}/llm/`, headers, json_args: json },
      { config_name: 'chat', model_type: 'post_api_chat', api_url: `${server.url}/llm/`, headers, json_args: json },
      {
        config_name: 'new key',
        model_type: 'post_api_chat',
        api_url: `${server.url}/llm/`,
        headers,
        json_args: json,
        messages_key: 'messages',
      },
      { config_name: 'openai', model_type: 'openai', ...openai, ...generate },
      {
        config_name: 'form',
        model_type: 'post_api',
        api_url: `${server.url}/v1/chat/completions`,
        headers,
        model_name: 'chat',
        json_args: { max_tokens: 16, temperature: 0 },
      },
      { config_name: 'vectors', model_type: 'openai_embedding', ...openai, model_name: 'vectors' },
      {
        config_name: 'hosted',
        model_type: 'post_api',
        api_url: `${server.url}/models/chat`,
        headers,
        json_args: { parameters: { max_new_tokens: 8, do_sample: false } },
      },
      {
        config_name: 'post vectors',
        model_type: 'post_api_embedding',
        api_url: `${server.url}/llm/embeddings`,
        headers,
        json_args: { model: 'vectors' },
      },
      { config_name: 'no key', model_type: 'openai', ...openai, api_key: 'wrong', ...generate },
    ]);
  });
  after(() => server.stop());

  test('every wrapper of a conversation says the same', async () => {
    const texts: string[] = [];
    const counts: (number | undefined)[] = [];
    for (const name of ['chat', 'new key', 'openai', 'form', 'post']) {
      const { text, usage } = await configs.load(name).call(question);
      counts.push(usage?.completionTokens);
      texts.push(text ?? '');
    }
    assert.match(texts[0] ?? '', /\w/);
    assert.deepEqual(new Set(texts).size, 1, texts.join('\n'));
    assert.ok(new Set(counts).size === 1 && (counts[0] ?? 17) <= 16, counts.join());
  });

  test('a stream holds the text that the whole reply has', async () => {
    for (const name of ['chat', 'openai', 'form']) {
      const whole = await configs.load(name).call(question);
      const response = await configs.load(name).call(question, { stream: true });
      const pieces: string[] = [];
      for await (const piece of response.stream ?? []) pieces.push(piece);
      assert.ok(pieces.length > 3, name);
      assert.equal(pieces.join(''), whole.text, name);
      assert.deepEqual(response.usage, whole.usage, name);
    }
  });

  test('a string goes to post_api as it is, and to hosted inference', async () => {
    const { text, raw } = await configs.load('post').call('The capital of France is the city of');
    assert.match(text ?? '', /Paris/);
    assert.equal((raw as { response: string }).response, text);
    assert.match((await configs.load('hosted').call('The capital of France is the city of')).text ?? '', /Paris/);
  });

  test('vectors are the same by both ways', async () => {
    const one = (await configs.load('vectors').call(['a text', 'another'])).embedding;
    const other = (await configs.load('post vectors').call(['a text', 'another'])).embedding;
    assert.equal(one?.length, 2);
    assert.equal(one[0]?.length, server.dimensions);
    assert.deepEqual(one, other);
  });

  test('a wrong key and a wrong field are told in the words of the server', async () => {
    await assert.rejects(configs.load('no key').call('x'), { code: 'unauthorized' });
    const call = configs.load('chat').call('x', { args: { max_new_tokns: 1 } });
    await assert.rejects(call, /answered 400: .*max_new_tokns.*did you mean.*max_new_tokens/);
  });
});

describe('local configs', { timeout: 240_000 }, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-local-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('answer in this process, two by one model, and make vectors', async () => {
    const tiny = join(folder, 'tiny.gguf');
    writeTinyBert(tiny, 'mean');
    const configs = createModelConfigs();
    const load = { load_args: { context_size: 512, parallel: 2, device: 'cpu' } };
    configs.read([
      { config_name: 'cool', model_type: 'local', ...load, generate_args: { max_tokens: 16, temperature: 0 } },
      { config_name: 'warm', model_type: 'local', ...load, generate_args: { max_tokens: 4, temperature: 1, seed: 3 } },
      { config_name: 'vectors', model_type: 'local', model: tiny, load_args: { device: 'cpu' } },
    ]);
    try {
      const [cool, warm] = [configs.load('cool'), configs.load('warm')];
      assert.ok(cool instanceof LocalWrapper && warm instanceof LocalWrapper);
      assert.equal(await cool.model(), await warm.model(), 'one model');
      assert.match((await cool.call(question)).text ?? '', /\w/);
      assert.equal((await warm.call(question)).usage?.completionTokens, 4);
      assert.equal((await configs.load('vectors').call('a text')).embedding?.[0]?.length, tinyDimensions.gguf);
    } finally {
      await configs.clear();
    }
  });
});
