import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import express from 'express';
import type { AddressInfo } from 'node:net';
import { InferenceError } from '../../src/contract/errors.ts';
import { createLocalModel } from '../../src/library/local-model.ts';
import { createRouter, serve } from '../../src/library/serve.ts';
import { ModelConfigs } from '../../src/wrappers/model-configs.ts';
import { end, FakeModel, hello, say, stall, start } from '../support/fake-model.ts';
import { wrapperContext } from '../support/wrapper-context.ts';

describe('a model of the library', () => {
  test('passes what it is told as the runtime takes it, zeros too', async () => {
    const fake = new FakeModel();
    const model = createLocalModel(fake);
    const reply = await model.chat('Hi!', { temperature: 0, topK: 0, seed: -1, stop: '.', maxTokens: 5 });
    assert.equal(reply.text, 'Hello world');
    assert.equal(reply.finishReason, 'stop');
    assert.deepEqual(reply.usage, { promptTokens: 5, completionTokens: 3, cachedTokens: 2 });
    await model.generate('Once', { format: { type: 'json' } });
    const [chat, text] = fake.requests;
    assert.deepEqual(chat?.prompt, { kind: 'chat', messages: [{ role: 'user', content: 'Hi!' }] });
    assert.deepEqual(chat?.sampling, { seed: 4_294_967_295, temperature: 0, topK: 0 });
    assert.deepEqual(chat?.stop, ['.']);
    assert.equal(chat?.maxTokens, 5);
    assert.deepEqual(text?.prompt, { kind: 'text', text: 'Once' });
    assert.deepEqual(text?.format, { kind: 'json', param: 'format' });
  });

  test('offers tools as chosen', async () => {
    const fake = new FakeModel();
    const tools = [{ name: 'a', parameters: { type: 'object' } }, { name: 'b' }];
    await createLocalModel(fake).chat('Hi!', { tools, toolChoice: { name: 'b' } });
    const prompt = fake.requests[0]?.prompt;
    assert.ok(prompt?.kind === 'chat');
    assert.deepEqual(prompt.tools?.callable, ['b']);
    assert.equal(prompt.tools?.required, true);
    assert.equal(prompt.tools?.parallel, false);
  });

  const refusals: [string, unknown, unknown, RegExp][] = [
    ['an empty conversation', [], {}, /^messages must be a list of at least one message, not \[\]\.$/],
    ['a role that is none', [{ role: 'bot', content: '' }], {}, /^messages\[0\]\.role must be one of system, /],
    [
      'a content that is no text',
      [{ role: 'user', content: 1 }],
      {},
      /^messages\[0\]\.content must be a string, not 1\.$/,
    ],
    ['a misspelt option', 'x', { max_tokens: 1 }, /^max_tokens is not known; did you mean maxTokens\?$/],
    ['a number out of its range', 'x', { temperature: -1 }, /^temperature must be a number from 0 to 2 .*, not -1\.$/],
    ['not a number', 'x', { topP: NaN }, /^topP must be a number from 0 to 1 .*, not NaN\.$/],
    ['more tokens at least than at most', 'x', { minTokens: 2, maxTokens: 1 }, /^minTokens must be at most maxTokens/],
    ['two tools of one name', 'x', { tools: [{ name: 'a' }, { name: 'a' }] }, /^Two tools are called a; rename one\.$/],
    ['a tool that is not there', 'x', { toolChoice: { name: 'a' } }, /^toolChoice asks for a, .*; there are none\.$/],
    ['a signal that is none', 'x', { signal: {} }, /^signal must be an AbortSignal, not \{\}\.$/],
  ];
  for (const [what, messages, options, message] of refusals) {
    test(`refuses ${what} before the model sees it`, async () => {
      const fake = new FakeModel();
      await assert.rejects(createLocalModel(fake).chat(messages as string, options as object), (error: unknown) => {
        assert.ok(error instanceof InferenceError);
        assert.equal(error.code, 'invalid_request');
        assert.match(error.message, message);
        assert.notEqual(error.param, undefined);
        return true;
      });
      assert.equal(fake.requests.length, 0);
    });
  }

  test('stops when its signal says so, or when the reader leaves', async () => {
    const fake = new FakeModel(() => [start, say('a'), stall]);
    const model = createLocalModel(fake);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(model.chat('x', { signal: controller.signal }), { code: 'aborted' });
    for await (const event of model.stream('x')) if (event.type === 'delta') break;
    assert.equal(fake.running, 0);
  });

  test('is unloaded at the end of its block, once, and then refuses', async () => {
    const fake = new FakeModel();
    let disposed = 0;
    fake.dispose = async () => void (disposed += 1);
    let kept;
    {
      await using model = createLocalModel(fake);
      kept = model;
      await model.chat('x');
    }
    await kept.dispose();
    assert.equal(disposed, 1);
    await assert.rejects(kept.chat('x'), /was disposed; load it again/);
  });

  test('says what it cannot do', async () => {
    const model = createLocalModel(new FakeModel());
    await assert.rejects(model.embed('x'), /The model fake does not make embeddings; load one that does\./);
    await assert.rejects(model.tokenizer.encode('x'), /does not tokenize texts/);
  });
});

describe('serve and createRouter', () => {
  const ask = async (url: string, model: string): Promise<string> => {
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hi!' }] });
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body });
    const { choices } = (await reply.json()) as { choices: { message: { content: string } }[] };
    return choices[0]?.message.content ?? '';
  };

  test('put the very same models behind HTTP, and closing leaves them loaded', async () => {
    const fakes = ['one', 'two'].map((id) => new FakeModel(() => [start, say(id), ...end(1)], id));
    const [one, two] = fakes.map((fake) => createLocalModel(fake));
    assert.ok(one && two);
    {
      await using server = await serve([one, two], { port: 0 });
      assert.equal(await ask(server.url, 'two'), 'two');
      assert.equal(await ask(server.url, 'one'), 'one');
    }
    assert.equal((await two.chat('Hi!')).text, 'two');
    assert.equal(fakes[1]?.requests.length, 2, 'from within and without');
  });

  test('mount the routes beside those of an app', async () => {
    const model = createLocalModel(new FakeModel(() => hello));
    const app = express();
    app.use(await createRouter(model));
    app.get('/mine', (_req, res) => void res.send('mine'));
    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      assert.equal(await ask(url, 'any'), 'Hello world');
      assert.equal(await (await fetch(`${url}/mine`)).text(), 'mine');
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('refuse options that have no meaning there, and two models of one id', async () => {
    const model = createLocalModel(new FakeModel());
    await assert.rejects(serve(model, { prot: 1 } as object), /^UsageError: Unknown option prot; did you mean port\?$/);
    await assert.rejects(serve(model, { port: -1 }), /port must be a whole number from 0 to 65535, not -1\./);
    await assert.rejects(serve([model, model], { port: 0 }), /Two models are called fake; load one of them/);
    await assert.rejects(createRouter(model, { port: 1 } as object), /Unknown option port/);
  });
});

describe('a local config', () => {
  const entries = [
    {
      config_name: 'a',
      model_type: 'local',
      model: 'm.gguf',
      load_args: { 'context-size': 64, parallel: 2 },
      generate_args: { max_new_tokens: 7, temperature: 0 },
    },
    { config_name: 'b', model_type: 'local', model: 'm.gguf', load_args: { parallel: 2, context_size: 64 } },
    { config_name: 'c', model_type: 'local', model: 'other.gguf' },
  ];

  test('loads its model at its first use, once for all that name it so, and clearing unloads it', async () => {
    const fake = new FakeModel();
    let disposed = 0;
    fake.dispose = async () => void (disposed += 1);
    const asked: unknown[] = [];
    const configs = new ModelConfigs({
      ...wrapperContext(),
      loadModel: async (name, options) => {
        asked.push([name, options]);
        return createLocalModel(fake);
      },
    });
    configs.read(entries);
    const [a, b] = [configs.load('a'), configs.load('b')];
    assert.deepEqual(asked, []);
    const [first, second] = await Promise.all([a.call('Hi!'), b.call('Hi!', { args: { top_k: 0 } })]);
    assert.deepEqual(asked, [['m.gguf', { contextSize: 64, parallel: 2 }]]);
    assert.equal(first.text, 'Hello world');
    assert.deepEqual(second.usage, { promptTokens: 5, completionTokens: 3 });
    assert.equal(fake.requests[0]?.maxTokens, 7);
    assert.deepEqual(fake.requests[0]?.sampling, { temperature: 0 });
    assert.deepEqual(fake.requests[1]?.sampling, { topK: 0 });

    const streamed = await a.call('Hi!', { stream: true });
    const pieces: string[] = [];
    for await (const piece of streamed.stream ?? []) pieces.push(piece);
    assert.deepEqual(pieces, ['Hello', ' world']);
    assert.equal(streamed.text, 'Hello world');
    await configs.clear();
    assert.equal(disposed, 1);
  });

  test('ends at its timeout', async () => {
    const fake = new FakeModel(() => [start, stall]);
    const configs = new ModelConfigs({ ...wrapperContext(), loadModel: async () => createLocalModel(fake) });
    configs.read({ config_name: 'a', model_type: 'local', timeout: 3 });
    await assert.rejects(configs.load('a').call('x'), /a did not answer within 3 s; raise the config's timeout\./);
  });

  test('refuses a name that is not known in generate_args, and a loader that is missing', async () => {
    const configs = new ModelConfigs(wrapperContext());
    configs.read([{ ...entries[2] }, { ...entries[2], config_name: 'd', generate_args: { temprature: 1 } }]);
    assert.throws(() => configs.load('d'), /d: generate_args: unknown key temprature; did you mean temperature\?/);
    await assert.rejects(configs.load('c').call('x'), /c: a local model needs loadModel; give it to init/);
  });

  test('tries to load again after a failure', async () => {
    let tries = 0;
    const configs = new ModelConfigs({
      ...wrapperContext(),
      loadModel: async () => {
        tries += 1;
        if (tries === 1) throw new Error('no memory');
        return createLocalModel(new FakeModel());
      },
    });
    configs.read(entries);
    await assert.rejects(configs.load('a').call('x'), /no memory/);
    assert.equal((await configs.load('a').call('x')).text, 'Hello world');
  });
});
