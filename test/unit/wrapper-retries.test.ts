import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { createWrapper } from '../../src/wrappers/create-wrapper.ts';
import { ModelResponse } from '../../src/wrappers/model-response.ts';
import type { ModelWrapper, WrapperContext } from '../../src/wrappers/model-wrapper.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { flaskApril } from '../support/flask-replies.ts';
import { withScripted, type Scripted } from '../support/scripted-server.ts';
import { until } from '../support/server.ts';
import { wrapperContext } from '../support/wrapper-context.ts';

const never = (): never => assert.fail('no local model is wanted');
const good: Scripted = { body: flaskApril };

function wrapper(url: string, more: object = {}, context: WrapperContext = wrapperContext()): ModelWrapper {
  const config = { config_name: 'c', model_type: 'post_api', api_url: url, ...more };
  return createWrapper(config, never, context);
}

async function failure(call: Promise<unknown>): Promise<InferenceError> {
  const error: unknown = await call.then(
    () => assert.fail('it was answered'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof InferenceError, String(error));
  return error;
}

describe('post_api tries again', () => {
  test('after 503 and 429, as often and with the pauses that the original has', async () => {
    await withScripted([{ status: 503 }, { status: 429 }, good], async (url, received) => {
      const context = wrapperContext();
      const { text } = await wrapper(url, {}, context).call('x');
      assert.equal(text, 'Hello, who are you?');
      assert.equal(received.length, 3);
      assert.deepEqual(context.clock.waited, [1000, 2000]);
    });
  });

  test('by max_retries and retry_interval, and then tells what the server said', async () => {
    await withScripted([{ status: 503, body: { error: 'Model gpt2 is overloaded.' } }], async (url, received) => {
      const context = wrapperContext();
      const error = await failure(wrapper(url, { max_retries: 4, retry_interval: 0.5 }, context).call('x'));
      assert.equal(received.length, 4);
      assert.deepEqual(context.clock.waited, [500, 1000, 1500]);
      assert.equal(error.code, 'loading');
      assert.equal(
        error.message,
        `c (${url}) answered 503 4 times: Model gpt2 is overloaded; the model may still be loading; raise max_retries and retry_interval.`,
      );
    });
  });

  test('no sooner than Retry-After or the time that a hosted model loads, up to a minute', async () => {
    const answers: Scripted[] = [
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 503, body: { error: 'Model gpt2 is currently loading', estimated_time: 20.5 } },
      { status: 503, headers: { 'retry-after': '3600' } },
      good,
    ];
    await withScripted(answers, async (url) => {
      const context = wrapperContext();
      await wrapper(url, { max_retries: 4 }, context).call('x');
      assert.deepEqual(context.clock.waited, [7000, 20_500, 60_000]);
    });
  });

  test('after a connection that was cut, and tells the reason when all were', async () => {
    await withScripted([{ cut: true }, good], async (url, received) => {
      assert.equal((await wrapper(url).call('x')).text, 'Hello, who are you?');
      assert.equal(received.length, 2);
    });
    const error = await failure(wrapper('http://127.0.0.1:1/llm/').call('x'));
    assert.equal(error.code, 'model_failed');
    assert.match(
      error.message,
      /could not be reached 3 times \(ECONNREFUSED\)|could not be reached 3 times \(.*bad port/,
    );
  });

  for (const [status, code] of [
    [400, 'invalid_request'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [404, 'not_found'],
  ] as const) {
    test(`not after ${status}, which stays as it is`, async () => {
      await withScripted([{ status, body: { error: { message: 'No.' } } }, good], async (url, received) => {
        const error = await failure(wrapper(url).call('x'));
        assert.equal(error.code, code);
        assert.match(error.message, new RegExp(`answered ${status}: No`));
        assert.equal(received.length, 1);
      });
    });
  }

  test("with Flask's HTML of a 500 left out of the sentence", async () => {
    await withScripted([{ status: 500, body: '<!doctype html><title>500</title>' }], async (url, received) => {
      const error = await failure(wrapper(url).call('x'));
      assert.equal(error.message, `c (${url}) answered 500 3 times.`);
      assert.equal(received.length, 3);
    });
  });

  test('not where the reply is no JSON', async () => {
    await withScripted([{ body: '<html>' }], async (url, received) => {
      assert.match((await failure(wrapper(url).call('x'))).message, /answered something that is no JSON/);
      assert.equal(received.length, 1);
    });
  });
});

describe("the config's timeout", () => {
  test('ends each try, and a later one may answer', async () => {
    await withScripted([{ silent: true }, good], async (url, received) => {
      const clock = new FakeClock();
      const call = wrapper(url, { timeout: 5 }, { ...wrapperContext(), clock }).call('x');
      await until(() => received.length === 1, 'the first was asked');
      clock.advance(4999);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(received.length, 1);
      clock.advance(1);
      // The pause before the second try begins when the first has ended.
      await new Promise((resolve) => setTimeout(resolve, 20));
      clock.advance(1000);
      assert.equal((await call).text, 'Hello, who are you?');
      assert.equal(received.length, 2);
    });
  });

  test('is told where no try answered', async () => {
    await withScripted([{ silent: true }], async (url) => {
      const context = wrapperContext();
      const error = await failure(wrapper(url, { timeout: 0.05, max_retries: 2 }, context).call('x'));
      assert.equal(error.code, 'timeout');
      assert.equal(error.message, `c (${url}) did not answer within 0.05 s 2 times; raise the config's timeout.`);
    });
  });
});

describe('a signal', () => {
  test('ends a request that runs, and a pause between two', async () => {
    await withScripted([{ silent: true }], async (url, received) => {
      const controller = new AbortController();
      const call = wrapper(url).call('x', { signal: controller.signal });
      await until(() => received.length === 1, 'it was asked');
      controller.abort();
      assert.equal((await failure(call)).code, 'aborted');
    });
    await withScripted([{ status: 503 }], async (url, received) => {
      const controller = new AbortController();
      const clock = new FakeClock();
      const context = { ...wrapperContext(), clock };
      const call = wrapper(url, {}, context).call('x', { signal: controller.signal });
      await until(() => received.length === 1, 'it was asked');
      await new Promise((resolve) => setTimeout(resolve, 20));
      controller.abort();
      assert.equal((await failure(call)).code, 'aborted');
      assert.equal(received.length, 1);
    });
  });
});

describe('parseFunc', () => {
  const parseJson = (response: ModelResponse): unknown => JSON.parse(response.text ?? '');
  const reply = (text: string): Scripted => ({ body: { response: text } });

  test('makes parsed, and asks anew where it throws, a second longer from try to try', async () => {
    await withScripted([reply('no'), reply('{'), reply('{"a":1}')], async (url, received) => {
      const context = wrapperContext();
      const response = await wrapper(url, {}, context).call('x', { parseFunc: parseJson });
      assert.deepEqual(response.parsed, { a: 1 });
      assert.equal(response.text, '{"a":1}');
      assert.equal(received.length, 3);
      assert.deepEqual(context.clock.waited, [1000, 2000]);
      assert.equal(context.warnings.length, 2);
      assert.match(context.warnings[0] ?? '', /^c: the reply could not be read \(1\/3\): /);
    });
  });

  test('that never succeeds leaves the last word to faultHandler, else throws its last error', async () => {
    await withScripted([reply('no')], async (url, received) => {
      const faultHandler = ({ text }: ModelResponse): unknown => ({ gaveUp: text });
      const response = await wrapper(url).call('x', { parseFunc: parseJson, faultHandler, maxRetries: 2 });
      assert.deepEqual(response.parsed, { gaveUp: 'no' });
      assert.equal(received.length, 2);
      await assert.rejects(wrapper(url).call('x', { parseFunc: parseJson, maxRetries: 1 }), SyntaxError);
      assert.equal(received.length, 3);
    });
  });

  test('may give a whole response', async () => {
    await withScripted([reply('x')], async (url) => {
      const mine = new ModelResponse({ text: 'mine', parsed: 0 });
      assert.equal(await wrapper(url).call('x', { parseFunc: () => mine }), mine);
    });
  });

  test('and a stream do not go together', async () => {
    await withScripted([reply('x')], async (url, received) => {
      await assert.rejects(wrapper(url).call('x', { parseFunc: parseJson, stream: true }), /leave it or stream out/);
      assert.equal(received.length, 0);
    });
  });
});
