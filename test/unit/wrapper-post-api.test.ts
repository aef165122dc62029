import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { createWrapper } from '../../src/wrappers/create-wrapper.ts';
import type { ModelWrapper } from '../../src/wrappers/model-wrapper.ts';
import { flaskApril, flaskJanuary } from '../support/flask-replies.ts';
import { withScripted } from '../support/scripted-server.ts';
import { wrapperContext } from '../support/wrapper-context.ts';

const never = (): never => assert.fail('no local model is wanted');
const talk = [
  { role: 'system', content: 'Be short.' },
  { role: 'user', name: 'Ann', content: 'Hi!' },
];

function wrapper(type: string, url: string, more: object = {}, context = wrapperContext()): ModelWrapper {
  return createWrapper({ config_name: 'c', model_type: type, api_url: url, ...more }, never, context);
}

describe('what post_api sends', () => {
  test('a string as it is under inputs, with json_args beside it and the headers', async () => {
    await withScripted([{ body: flaskJanuary }], async (url, received) => {
      const headers = { Authorization: 'Bearer abc' };
      const json = { max_length: 4096, temperature: 0.5 };
      await wrapper('post_api', `${url}/llm/`, { headers, json_args: json }).call('Once upon a time');
      assert.equal(received[0]?.path, '/llm/');
      assert.equal(received[0]?.headers.authorization, 'Bearer abc');
      assert.deepEqual(received[0]?.body, { max_length: 4096, temperature: 0.5, inputs: 'Once upon a time' });
    });
  });

  test('messages as a list, under the key of the config, and arguments of the call over those of the config', async () => {
    await withScripted([{ body: flaskApril }], async (url, received) => {
      const more = { messages_key: 'messages', json_args: { temperature: 0.5, seed: 1 }, timeout: 600, max_length: 9 };
      await wrapper('post_api', url, more).call(talk, { args: { temperature: 0 } });
      assert.deepEqual(received[0]?.body, { temperature: 0, seed: 1, messages: talk });
    });
  });

  test('to post_api_chat a string is what the user says', async () => {
    await withScripted([{ body: flaskApril }], async (url, received) => {
      await wrapper('post_api_chat', url).call('Hi!');
      assert.deepEqual(received[0]?.body, { inputs: [{ role: 'user', content: 'Hi!' }] });
    });
  });

  test("to an address of OpenAI's form, messages and the model, as ModelScope wants them", async () => {
    const body = {
      choices: [{ message: { role: 'assistant', content: 'Yes.' } }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    };
    await withScripted([{ body }], async (url, received) => {
      const model = wrapper('post_api', `${url}/v1/chat/completions`, { model_name: 'Qwen/Qwen3' });
      const response = await model.call('Hi!');
      assert.equal(response.text, 'Yes.');
      assert.deepEqual(response.usage, { promptTokens: 1, completionTokens: 2 });
      assert.deepEqual(received[0]?.body, { model: 'Qwen/Qwen3', messages: [{ role: 'user', content: 'Hi!' }] });
    });
  });
});

describe('what post_api reads', () => {
  const cases: [string, unknown, string | undefined][] = [
    ['the Flask service of January 2024', flaskJanuary, ' there was a fox.'],
    ['the Flask service of April 2024', flaskApril, 'Hello, who are you?'],
    ['hosted inference', [{ generated_text: 'gpt2 says' }], 'gpt2 says'],
    ['a form that nobody knows', { answer: 42 }, undefined],
  ];
  for (const [name, body, text] of cases) {
    test(`${name}: the whole reply as raw, and its text`, async () => {
      await withScripted([{ body }], async (url) => {
        const response = await wrapper('post_api', url).call('x');
        assert.deepEqual(response.raw, body);
        assert.equal(response.text, text);
      });
    });
  }

  test('the counts of both Flask services as they told them', async () => {
    await withScripted([{ body: flaskJanuary }, { body: flaskApril }], async (url) => {
      const model = wrapper('post_api', url);
      assert.deepEqual((await model.call('x')).usage, { promptTokens: 4, completionTokens: 10 });
      assert.deepEqual((await model.call('x')).usage, { promptTokens: 5, completionTokens: 14 });
    });
  });

  test('post_api_chat refuses a reply without a text', async () => {
    await withScripted([{ body: { answer: 42 } }], async (url) => {
      await assert.rejects(
        wrapper('post_api_chat', url).call('x'),
        /answered with no text where one is known to stand/,
      );
    });
  });

  test('images by their addresses, and as data where they came so', async () => {
    const body = { data: { response: { data: [{ url: 'http://x/1.png' }, { b64_json: 'AAAA' }] } } };
    await withScripted([{ body }], async (url, received) => {
      for (const type of ['post_api_dall_e', 'post_api_dalle']) {
        const { imageUrls } = await wrapper(type, url).call('a fox');
        assert.deepEqual(imageUrls, ['http://x/1.png', 'data:image/png;base64,AAAA']);
      }
      assert.deepEqual(received[0]?.body, { inputs: 'a fox' });
    });
  });

  test('vectors of all three forms', async () => {
    const data = [{ embedding: [1, 2], index: 0 }];
    for (const body of [{ data: { response: { data } } }, { data }, [[1, 2]], [1, 2]]) {
      await withScripted([{ body }], async (url, received) => {
        assert.deepEqual((await wrapper('post_api_embedding', url).call(['a'])).embedding, [[1, 2]]);
        await wrapper('post_api_embedding', url).call('a');
        assert.deepEqual(
          received.map((one) => one.body),
          [{ inputs: ['a'] }, { inputs: 'a' }],
        );
      });
    }
  });

  test('the pieces of an event stream, and its whole text and usage at the end', async () => {
    const frames = [
      { response: 'Hel', index: 0 },
      { response: 'lo', index: 0 },
      { ...flaskApril, response: 'Hello' },
    ];
    const body = `: ping\n\n${frames.map((frame) => `data: ${JSON.stringify(frame)}\r\n\r\n`).join('')}data: [DONE]\n\n`;
    await withScripted(
      [{ body, headers: { 'content-type': 'text/event-stream; charset=utf-8' } }],
      async (url, received) => {
        const response = await wrapper('post_api', url).call('x', { stream: true });
        const pieces: string[] = [];
        for await (const piece of response.stream ?? []) pieces.push(piece);
        assert.deepEqual(pieces, ['Hel', 'lo']);
        assert.equal(response.text, 'Hello');
        assert.deepEqual(response.usage, { promptTokens: 5, completionTokens: 14 });
        assert.equal(received[0]?.body['stream'], true);
      },
    );
  });

  test('an error in the middle of a stream is thrown', async () => {
    const body = 'data: {"response":"a"}\n\ndata: {"error":{"message":"out of memory"}}\n\n';
    await withScripted([{ body, headers: { 'content-type': 'text/event-stream' } }], async (url) => {
      const { stream } = await wrapper('post_api', url).call('x', { stream: true });
      assert.ok(stream);
      const read = async (): Promise<void> => {
        for await (const piece of stream) assert.equal(piece, 'a');
      };
      await assert.rejects(read, /failed while it answered: out of memory/);
    });
  });

  test('a server without streams gives one piece', async () => {
    await withScripted([{ body: flaskApril }], async (url) => {
      const response = await wrapper('post_api_chat', url, { stream: true }).call('x');
      const pieces: string[] = [];
      for await (const piece of response.stream ?? []) pieces.push(piece);
      assert.deepEqual(pieces, ['Hello, who are you?']);
      assert.equal(response.text, 'Hello, who are you?');
    });
  });
});

describe('bad input', () => {
  test('is refused before anything is sent', async () => {
    await withScripted([{ body: {} }], async (url, received) => {
      const model = wrapper('post_api', url);
      await assert.rejects(model.call([]), /The list of messages is empty/);
      await assert.rejects(model.call(JSON.parse('[{"role":"user"}]') as []), (error: unknown) => {
        assert.ok(error instanceof InferenceError);
        assert.equal(error.message, 'messages[0] must have a content that is a string.');
        assert.equal(error.param, 'messages[0]');
        return true;
      });
      await assert.rejects(wrapper('post_api_embedding', url).call([]), /takes at least one text/);
      await assert.rejects(model.call('x', { maxRetries: 0 }), /maxRetries must be a whole number, 1 or more, not 0/);
      assert.equal(received.length, 0);
    });
  });
});
