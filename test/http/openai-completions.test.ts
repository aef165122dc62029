import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { end, FakeModel, hello, say, start } from '../support/fake-model.ts';
import { FakeStepper } from '../support/fake-stepper.ts';
import { letterModel } from '../support/letter-model.ts';
import { until, withServer } from '../support/server.ts';

function client(url: string, path = '/v1'): OpenAI {
  return new OpenAI({ baseURL: url + path, apiKey: 'one', maxRetries: 0 });
}

const ask = { model: 'any', prompt: 'Once' };

test('the openai package completes, under /v1 and without it', async () => {
  await withServer({ settings: { apiKeys: ['one'] } }, async ({ url }) => {
    for (const path of ['/v1', '']) {
      const completion = await client(url, path).completions.create(ask);
      assert.equal(completion.object, 'text_completion');
      assert.equal(completion.choices[0]?.text, 'Hello world');
      assert.equal(completion.choices[0].finish_reason, 'stop');
      assert.equal(completion.choices[0].logprobs, null);
      assert.equal(completion.usage?.total_tokens, 8);
      assert.equal(completion.id, `cmpl-${completion._request_id}`);
    }
    const messages = [{ role: 'user' as const, content: 'Hi' }];
    const chat = await client(url, '').chat.completions.create({ model: 'any', messages });
    assert.equal(chat.choices[0]?.message.content, 'Hello world');
    const ids: string[] = [];
    for await (const model of client(url, '').models.list()) ids.push(model.id);
    assert.deepEqual(ids, ['fake']);
  });
});

test('the openai package streams completions, with usage', async () => {
  await withServer({ model: new FakeModel(() => hello) }, async ({ url }) => {
    const stream = await client(url).completions.create({
      ...ask,
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts: string[] = [];
    const reasons: unknown[] = [];
    let usage: unknown;
    for await (const chunk of stream) {
      assert.equal(chunk.object, 'text_completion');
      for (const choice of chunk.choices) {
        texts.push(choice.text);
        reasons.push(choice.finish_reason);
      }
      usage = chunk.usage;
    }
    assert.deepEqual(texts, ['Hello', ' world', '']);
    assert.deepEqual(reasons, [null, null, 'stop']);
    assert.equal((usage as OpenAI.CompletionUsage).completion_tokens, 3);
  });
});

test('n completions of several prompts have the indexes of OpenAI', async () => {
  const script = [start, say('a', 0), say('b', 1), say('c', 2), say('d', 3), ...end(4, 4)];
  const model = new FakeModel(() => script);
  await withServer({ model }, async ({ url }) => {
    const { choices } = await client(url).completions.create({ ...ask, prompt: ['x', 'y'], n: 2 });
    assert.deepEqual(
      choices.map(({ index, text }) => [index, text]),
      [
        [0, 'a'],
        [1, 'b'],
        [2, 'c'],
        [3, 'd'],
      ],
    );
    assert.equal(model.requests[0]?.morePrompts?.length, 1);
  });
});

test('the openai package echoes a prompt of token ids, with nothing new where that is asked', async () => {
  await withServer({ models: [letterModel(new FakeStepper())] }, async ({ url }) => {
    const { choices, usage } = await client(url).completions.create({
      ...ask,
      prompt: [0, 1],
      echo: true,
      max_tokens: 0,
    });
    assert.deepEqual([choices[0]?.text, choices[0]?.finish_reason], ['ab', 'length']);
    assert.deepEqual([usage?.prompt_tokens, usage?.completion_tokens], [2, 0]);
    const stream = await client(url).completions.create({ ...ask, prompt: [[0], [1]], echo: true, stream: true });
    const texts = ['', ''];
    for await (const { choices: chunk } of stream) {
      for (const { index, text } of chunk) texts[index] += text;
    }
    assert.deepEqual(
      texts.map((text) => [text[0], text.length]),
      [
        ['a', 17],
        ['b', 17],
      ],
    );
  });
});

test('the openai package throws its own error classes for bad completions', async () => {
  await withServer({ models: [letterModel(new FakeStepper())] }, async ({ url }) => {
    const cases: [object, string][] = [
      [{ prompt: [70_000] }, 'prompt'],
      [{ best_of: 3 }, 'best_of'],
      [{ suffix: 'z' }, 'suffix'],
      [{ logit_bias: { 70000: 1 } }, 'logit_bias'],
      [{ echo: true, logprobs: 1 }, 'logprobs'],
      [{ prompt: 'x'.repeat(1000) }, 'prompt'],
      [{ max_tokens: 1000 }, 'max_tokens'],
    ];
    for (const [fields, param] of cases) {
      await assert.rejects(client(url).completions.create({ ...ask, ...fields }), (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError);
        assert.equal(error.param, param);
        return true;
      });
    }
  });
});

test('a stream of completions that the openai package aborts frees its slots', async () => {
  const stepper = new FakeStepper({ slots: 2, contextSize: 100_000 });
  const model = letterModel(stepper);
  await withServer({ models: [model] }, async ({ url }) => {
    const endless = { ...ask, prompt: ['x', 'y'], max_tokens: 90_000 };
    const stream = await client(url).completions.create({ ...endless, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.index === 1) break;
    await until(() => model.stats?.().slotsBusy === 0, 'the slots are free');
  });
});
