import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { createWrapper } from '../../src/wrappers/create-wrapper.ts';
import type { ModelWrapper } from '../../src/wrappers/model-wrapper.ts';
import { withScripted, type Scripted } from '../support/scripted-server.ts';
import { wrapperContext } from '../support/wrapper-context.ts';

const never = (): never => assert.fail('no local model is wanted');

function wrapper(type: string, url: string, more: object = {}, env: NodeJS.ProcessEnv = {}): ModelWrapper {
  const config = { config_name: 'c', model_type: type, api_key: 'k', client_args: { base_url: `${url}/v1/` }, ...more };
  return createWrapper(config, never, wrapperContext(env));
}

const completion: Scripted = {
  body: {
    id: '1',
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Yes.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  },
};

describe('openai', () => {
  test('sends the messages with generate_args, by the model of model_name, the key and the organization', async () => {
    await withScripted([completion], async (url, received) => {
      for (const type of ['openai', 'openai_chat']) {
        const model = wrapper(type, url, { model_name: 'gpt-4', organization: 'o', generate_args: { temperature: 0 } });
        const response = await model.call([{ role: 'user', content: 'Hi!', name: 'Ann' }], { args: { seed: 0 } });
        assert.equal(response.text, 'Yes.');
        assert.deepEqual(response.usage, { promptTokens: 3, completionTokens: 2 });
        assert.deepEqual(response.raw, completion.body);
      }
      const [first] = received;
      assert.equal(first?.path, '/v1/chat/completions');
      assert.equal(first?.headers.authorization, 'Bearer k');
      assert.equal(first?.headers['openai-organization'], 'o');
      assert.deepEqual(first?.body, {
        model: 'gpt-4',
        temperature: 0,
        seed: 0,
        messages: [{ role: 'user', content: 'Hi!', name: 'Ann' }],
        stream: false,
      });
    });
  });

  test('without model_name asks for the config_name, as the releases do', async () => {
    await withScripted([completion], async (url, received) => {
      await wrapper('openai', url).call('Hi!');
      assert.equal(received[0]?.body['model'], 'c');
    });
  });

  test('streams pieces, and knows text and usage at the end', async () => {
    const chunk = (more: object): string => `data: ${JSON.stringify({ object: 'chat.completion.chunk', ...more })}\n\n`;
    const body = [
      chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] }),
      chunk({ choices: [{ index: 0, delta: { content: 'Ye' } }] }),
      chunk({ choices: [{ index: 0, delta: { content: 's.' } }] }),
      chunk({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }),
      'data: [DONE]\n\n',
    ].join('');
    await withScripted([{ body, headers: { 'content-type': 'text/event-stream' } }], async (url, received) => {
      const response = await wrapper('openai', url, { stream: true }).call('Hi!');
      const pieces: string[] = [];
      for await (const piece of response.stream ?? []) pieces.push(piece);
      assert.deepEqual(pieces, ['Ye', 's.']);
      assert.equal(response.text, 'Yes.');
      assert.deepEqual(response.usage, { promptTokens: 3, completionTokens: 2 });
      assert.deepEqual(received[0]?.body['stream_options'], { include_usage: true });
    });
  });

  test('tries again as often as max_retries says', async () => {
    // The client's own header, so that the test need not wait.
    const busy: Scripted = { status: 503, headers: { 'retry-after-ms': '1' } };
    await withScripted([busy, busy, completion], async (url, received) => {
      assert.equal((await wrapper('openai', url, { max_retries: 3 }).call('Hi!')).text, 'Yes.');
      assert.equal(received.length, 3);
    });
    await withScripted([busy], async (url, received) => {
      await assert.rejects(wrapper('openai', url, { max_retries: 1 }).call('Hi!'), /answered 503/);
      assert.equal(received.length, 1);
    });
  });

  test('tells refusals by status with what the server said, and a timeout', async () => {
    const refusal: Scripted = { status: 401, body: { error: { message: 'Incorrect API key provided.' } } };
    await withScripted([refusal], async (url, received) => {
      await assert.rejects(wrapper('openai', url).call('Hi!'), (error: unknown) => {
        assert.ok(error instanceof InferenceError);
        assert.equal(error.code, 'unauthorized');
        assert.match(error.message, /^c \(http.*\/v1\/\) answered 401: Incorrect API key provided; check the key/);
        return true;
      });
      assert.equal(received.length, 1);
    });
    await withScripted([{ silent: true }], async (url) => {
      const model = wrapper('openai', url, { timeout: 0.05, max_retries: 1 });
      await assert.rejects(model.call('Hi!'), /did not answer in time; raise the config's timeout/);
    });
    const away = wrapper('openai', 'http://127.0.0.1:9', { max_retries: 1 });
    await assert.rejects(away.call('Hi!'), /could not be reached; check that it runs and client_args\.base_url/);
  });

  test('is cancelled by the signal', async () => {
    await withScripted([{ silent: true }], async (url) => {
      const signal = AbortSignal.timeout(30);
      await assert.rejects(wrapper('openai', url).call('Hi!', { signal }), { code: 'aborted' });
    });
  });

  test('needs a key from the config or OPENAI_API_KEY, and client_args that have a meaning', async () => {
    assert.throws(() => wrapper('openai', 'http://x', { api_key: undefined }), /api_key is missing, and the variable/);
    await withScripted([completion], async (url, received) => {
      await wrapper('openai', url, { api_key: undefined }, { OPENAI_API_KEY: 'from env' }).call('Hi!');
      assert.equal(received[0]?.headers.authorization, 'Bearer from env');
    });
    assert.throws(
      () => wrapper('openai', '', { client_args: { http_client: 1 } }),
      /client_args\.http_client is not known/,
    );
    assert.throws(
      () => wrapper('openai', '', { client_args: { base_url: 1 } }),
      /client_args\.base_url must be a string, not 1/,
    );
  });
});

test('openai_dall_e gives the addresses of images', async () => {
  await withScripted([{ body: { created: 1, data: [{ url: 'http://x/1.png' }] } }], async (url, received) => {
    const more = { model_name: 'dall-e-3', generate_args: { size: '1024x1024' } };
    const response = await wrapper('openai_dall_e', url, more).call('a fox');
    assert.deepEqual(response.imageUrls, ['http://x/1.png']);
    assert.equal(received[0]?.path, '/v1/images/generations');
    assert.deepEqual(received[0]?.body, { model: 'dall-e-3', size: '1024x1024', prompt: 'a fox' });
  });
});

test('openai_embedding gives vectors, whatever form the client asks for them in', async () => {
  const base64 = Buffer.from(Float32Array.of(0.5, -1).buffer).toString('base64');
  const body = { data: [{ index: 0, embedding: base64 }], usage: { prompt_tokens: 2, total_tokens: 2 } };
  await withScripted([{ body }], async (url, received) => {
    const response = await wrapper('openai_embedding', url, { model_name: 'm' }).call(['a']);
    assert.deepEqual(response.embedding, [[0.5, -1]]);
    assert.deepEqual(response.usage, { promptTokens: 2, completionTokens: 0 });
    assert.deepEqual(received[0]?.body, { model: 'm', input: ['a'], encoding_format: 'base64' });
  });
});
