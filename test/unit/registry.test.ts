import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeModel, modelsOf } from '../support/fake-model.ts';
import { letterEmbedder, letterRanker } from '../support/letter-embedder.ts';

const chat = new FakeModel(undefined, 'chat');
const vectors = letterEmbedder();
const ranks = letterRanker();

test('one model answers to every name, for what it can do', () => {
  const models = modelsOf(vectors);
  for (const name of [undefined, 'vectors', 'gpt-4']) {
    assert.equal(models.resolve(name), vectors);
    assert.equal(models.capable(name, 'embed'), vectors);
    assert.throws(() => models.capable(name, 'generate'), {
      code: 'unsupported',
      param: 'model',
      message: 'The model vectors makes embeddings and does not generate text; no model of this server does.',
    });
  }
});

test('of several each answers to its own name, and without one the first that can do the task', () => {
  const models = modelsOf(vectors, chat, letterEmbedder('more'));
  assert.equal(models.capable(undefined, 'generate'), chat);
  assert.equal(models.capable(undefined, 'embed'), vectors);
  assert.equal(models.capable('more', 'embed').info.id, 'more');
  assert.equal(models.resolve(undefined), vectors);
  assert.throws(() => models.capable('chat', 'embed'), {
    code: 'invalid_request',
    param: 'model',
    message: 'The model chat generates text and does not make embeddings; use vectors, more.',
  });
  for (const name of [undefined, 'chat'])
    assert.throws(() => models.capable(name, 'rank'), { code: 'unsupported', param: 'model' });
});

test('of several an unknown name is told with those that are there', () => {
  const models = modelsOf(chat, vectors, ranks);
  const unknown = {
    code: 'model_not_found',
    param: 'model',
    message: /^There is no model gpt-4; .*: chat, vectors, ranks\.$/,
  };
  assert.throws(() => models.resolve('gpt-4'), unknown);
  assert.throws(() => models.capable('gpt-4', 'rank'), unknown);
  assert.throws(
    () => models.resolve('x'.repeat(10_000)),
    (error: Error) => error.message.length < 300,
  );
});

test('a server whose models are loading says so', () => {
  assert.throws(() => modelsOf().capable('chat', 'generate'), { code: 'loading' });
});
