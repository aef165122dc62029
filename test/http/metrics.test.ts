import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { FakeModel, say, start } from '../support/fake-model.ts';
import { FakeStepper } from '../support/fake-stepper.ts';
import { letterModel } from '../support/letter-model.ts';
import { samplesOf, scrape } from '../support/scrape.ts';
import { until, withServer } from '../support/server.ts';

const tokens = {
  prompt_tokens_total: 0,
  prompt_tokens_read_total: 0,
  prompt_tokens_cached_total: 0,
  prompt_tokens_unique_total: 0,
  completion_tokens_total: 0,
};

/** The token counters of a server's only model. */
async function tokensOf(url: string, model = 'letters'): Promise<typeof tokens> {
  const samples = await scrape(url);
  const found = Object.keys(tokens).map((name) => [name, samples.get(`hearth_${name}{model="${model}"}`)]);
  return Object.fromEntries(found) as typeof tokens;
}

test('counters rise by exactly what known requests are worth', async () => {
  await withServer({ models: [letterModel(new FakeStepper())] }, async ({ url, post }) => {
    assert.deepEqual(await tokensOf(url), tokens);
    const body = { inputs: 'a'.repeat(100), max_new_tokens: 4 };
    await (await post('/llm/', body)).text();
    const once = { prompt_tokens_total: 100, prompt_tokens_read_total: 100, prompt_tokens_unique_total: 100 };
    assert.deepEqual(await tokensOf(url), { ...tokens, ...once, completion_tokens_total: 4 });
    await (await post('/llm/', { ...body, stream: true })).text();
    assert.deepEqual(await tokensOf(url), {
      prompt_tokens_total: 200,
      prompt_tokens_read_total: 101,
      prompt_tokens_cached_total: 99,
      prompt_tokens_unique_total: 100,
      completion_tokens_total: 8,
    });
    await (await post('/models/some-name', { inputs: 'b'.repeat(10), parameters: { max_new_tokens: 1 } })).text();
    const samples = await scrape(url);
    const model = '{model="letters"}';
    assert.deepEqual(samplesOf(samples, 'hearth_requests_total'), {
      '{route="/llm",status="200"}': 2,
      '{route="/models/:id",status="200"}': 1,
    });
    assert.deepEqual(samplesOf(samples, 'hearth_completions_ended_total'), {
      '{model="letters",outcome="eos"}': 0,
      '{model="letters",outcome="length"}': 3,
      '{model="letters",outcome="left"}': 0,
      '{model="letters",outcome="refused"}': 0,
      '{model="letters",outcome="failed"}': 0,
    });
    // Of 64 tokens at most: 64 + 36, then 3 more for 4 tokens; 1 + 3; 1.
    assert.equal(samples.get(`hearth_steps_total${model}`), 10);
    assert.ok((samples.get(`hearth_step_seconds_total${model}`) ?? 0) > 0);
    assert.deepEqual(
      ['slots', 'slots_busy', 'queue_length'].map((name) => samples.get(`hearth_${name}${model}`)),
      [2, 0, 0],
    );
    for (const name of ['queue_seconds', 'time_to_first_token_seconds']) {
      assert.equal(samples.get(`hearth_${name}_count${model}`), 3, name);
    }
    // One token has no gap behind it.
    assert.equal(samples.get(`hearth_inter_token_seconds_count${model}`), 2);
    assert.equal(
      samples.get(String.raw`hearth_model_info{model="letters",format="gguf",device="cpu \"of a test\""}`),
      1,
    );
  });
});

test('times are those of the request’s own record, in seconds', async () => {
  await withServer({}, async ({ url, post }) => {
    await (await post('/llm/', { inputs: 'Hi' })).text();
    const samples = await scrape(url);
    const sums = ['queue', 'time_to_first_token', 'inter_token'].map((name) =>
      samples.get(`hearth_${name}_seconds_sum{model="fake"}`),
    );
    // Three tokens: the first after 2 ms, the last after 3.
    assert.deepEqual(sums, [0.001, 0.002, 0.0005]);
    const seconds = samples.get('hearth_request_duration_seconds_sum{route="/llm",status="200"}') ?? 0;
    assert.ok(seconds > 0 && seconds < 5, `${seconds} s`);
  });
});

test('a request that is cancelled counts as 499, with what was done for it', async () => {
  const stepper = new FakeStepper({ contextSize: 100_000, onStep: () => sleep(1) });
  await withServer({ models: [letterModel(stepper)] }, async ({ url, post, lines }) => {
    const controller = new AbortController();
    const body = { inputs: 'a'.repeat(30), max_new_tokens: 90_000, stream: true };
    const reply = await post('/llm/', body, { signal: controller.signal });
    await until(() => stepper.plans.length > 3, 'it decodes');
    assert.equal((await scrape(url)).get('hearth_slots_busy{model="letters"}'), 1);
    controller.abort();
    await assert.rejects(reply.text(), { name: 'AbortError' });
    await until(() => lines.some((line) => line['status'] === 499), 'it is over');
    const samples = await scrape(url);
    assert.deepEqual(samplesOf(samples, 'hearth_requests_total'), { '{route="/llm",status="499"}': 1 });
    assert.equal(samples.get('hearth_completions_ended_total{model="letters",outcome="left"}'), 1);
    assert.equal(samples.get('hearth_slots_busy{model="letters"}'), 0);
    const { completion_tokens_total: sampled, ...read } = await tokensOf(url);
    assert.ok(sampled > 2 && sampled < 90_000, `${sampled} tokens`);
    assert.deepEqual(read, {
      prompt_tokens_total: 30,
      prompt_tokens_read_total: 30,
      prompt_tokens_cached_total: 0,
      prompt_tokens_unique_total: 30,
    });
  });
});

test('no path, name or method of a client becomes a label; probes and scrapes are not counted', async () => {
  await withServer({ settings: { apiKeys: ['one'] } }, async ({ url, post }) => {
    const headers = { 'x-api-key': 'one' };
    for (const path of ['/nothing', '/v1/nothing', '/v1/nothing-else', '/wp-login.php?x=1', '/models/%zz']) {
      assert.ok((await fetch(url + path, { headers })).status >= 400);
    }
    for (const id of ['a', 'b', 'c']) {
      await (await post(`/models/${id}`, { inputs: 'Hi' }, { headers })).text();
      await (await fetch(`${url}/v1/models/${id}`, { headers })).text();
    }
    await post('/v1/chat/completions', {});
    await fetch(`${url}/v1/chat/completions`, { headers });
    await post('/llm/', '{', { headers });
    await fetch(`${url}/healthz`);
    await fetch(`${url}/readyz`);
    await scrape(url, headers);
    assert.deepEqual(samplesOf(await scrape(url, headers), 'hearth_requests_total'), {
      '{route="other",status="404"}': 4,
      '{route="other",status="400"}': 1,
      '{route="/models/:id",status="200"}': 3,
      '{route="/v1/models/:id",status="200"}': 3,
      '{route="/v1/chat/completions",status="401"}': 1,
      '{route="/v1/chat/completions",status="405"}': 1,
      '{route="/llm",status="400"}': 1,
    });
  });
});

test('a stream that fails after its 200 counts under the status of its error', async () => {
  const error = new InferenceError('model_failed', 'It failed.');
  const script = [start, say('Hel'), { type: 'fail' as const, error }];
  await withServer({ model: new FakeModel(() => script) }, async ({ url, post }) => {
    const reply = await post('/llm/', { inputs: 'Hi', stream: true });
    assert.equal(reply.status, 200);
    await reply.text();
    const samples = await scrape(url);
    assert.deepEqual(samplesOf(samples, 'hearth_requests_total'), { '{route="/llm",status="503"}': 1 });
    assert.equal(samples.get('hearth_time_to_first_token_seconds_count{model="fake"}'), 1);
    assert.equal(samples.get('hearth_inter_token_seconds_count{model="fake"}'), undefined);
  });
});

test('two servers in one process count apart, and both tell of the process', async () => {
  const first = { models: [letterModel(new FakeStepper(), 'first')] };
  const second = { models: [letterModel(new FakeStepper(), 'second')] };
  await withServer(first, async (one) => {
    await withServer(second, async (other) => {
      await (await one.post('/llm/', { inputs: 'abc', max_new_tokens: 2 })).text();
      assert.equal((await tokensOf(one.url, 'first')).prompt_tokens_read_total, 3);
      assert.equal((await tokensOf(other.url, 'second')).prompt_tokens_read_total, 0);
      for (const { url } of [one, other]) {
        const samples = await scrape(url);
        assert.ok((samples.get('process_resident_memory_bytes') ?? 0) > 1e6);
        assert.ok(samples.has('nodejs_eventloop_lag_p99_seconds'));
      }
      assert.deepEqual(samplesOf(await scrape(other.url), 'hearth_requests_total'), {});
    });
  });
});

test('answers while the model loads; wants a key where there are keys; takes GET alone', async () => {
  await withServer({ loading: true, models: [] }, async ({ url, post }) => {
    assert.equal((await post('/llm/', { inputs: 'Hi' })).status, 503);
    const samples = await scrape(url);
    assert.equal(samples.get('hearth_requests_total{route="/llm",status="503"}'), 1);
    assert.deepEqual(samplesOf(samples, 'hearth_prompt_tokens_read_total'), {});
    const posted = await post('/metrics', {});
    assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD, OPTIONS']);
  });
  await withServer({ settings: { apiKeys: ['one'] } }, async ({ url }) => {
    assert.equal((await fetch(`${url}/metrics`)).status, 401);
    await scrape(url, { authorization: 'Bearer one' });
  });
});
