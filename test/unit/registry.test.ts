import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeModel, modelsOf, registryOf } from '../support/fake-model.ts';
import { letterEmbedder, letterRanker } from '../support/letter-embedder.ts';

const chat = new FakeModel(undefined, 'chat');
const vectors = letterEmbedder();
const ranks = letterRanker();

test('one model answers to every name, for what it can do', async () => {
  const models = modelsOf(vectors);
  for (const name of [undefined, 'vectors', 'gpt-4']) {
    assert.equal(await models.resolve(name), vectors);
    assert.equal(await models.capable(name, 'embed'), vectors);
    await assert.rejects(models.capable(name, 'generate'), {
      code: 'unsupported',
      param: 'model',
      message: 'The model vectors makes embeddings and does not generate text; no model of this server does.',
    });
  }
});

test('of several each answers to its own name, and without one the first that can do the task', async () => {
  const models = modelsOf(vectors, chat, letterEmbedder('more'));
  assert.equal(await models.capable(undefined, 'generate'), chat);
  assert.equal(await models.capable(undefined, 'embed'), vectors);
  assert.equal((await models.capable('more', 'embed')).info.id, 'more');
  assert.equal(await models.resolve(undefined), vectors);
  await assert.rejects(models.capable('chat', 'embed'), {
    code: 'invalid_request',
    param: 'model',
    message: 'The model chat generates text and does not make embeddings; use vectors, more.',
  });
  for (const name of [undefined, 'chat'])
    await assert.rejects(models.capable(name, 'rank'), { code: 'unsupported', param: 'model' });
});

test('of several an unknown name is told with those that are there', async () => {
  const models = modelsOf(chat, vectors, ranks);
  const unknown = {
    code: 'model_not_found',
    param: 'model',
    message: /^There is no model gpt-4; .*: chat, vectors, ranks\.$/,
  };
  await assert.rejects(models.resolve('gpt-4'), unknown);
  await assert.rejects(models.capable('gpt-4', 'rank'), unknown);
  await assert.rejects(models.resolve('x'.repeat(10_000)), (error: Error) => error.message.length < 300);
});

test('a server without models says so', async () => {
  await assert.rejects(modelsOf().capable('chat', 'generate'), {
    code: 'model_not_found',
    message: 'This server has no models; start it with --model.',
  });
});

test('a model is forgotten by its own name alone, and fetching needs who fetches', async () => {
  const registry = registryOf(chat);
  const { signal } = new AbortController();
  await assert.rejects(registry.remove('gpt-4', signal), { code: 'model_not_found' });
  await registry.remove('chat', signal);
  assert.deepEqual(registry.list(), []);
  await assert.rejects(registry.pull('hf:a/b', signal).next(), { code: 'unsupported' });
});
