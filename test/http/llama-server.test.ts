import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeModel } from '../support/fake-model.ts';
import { FakeStepper } from '../support/fake-stepper.ts';
import { letterModel } from '../support/letter-model.ts';
import { until, withServer, type Running } from '../support/server.ts';

type Json = Record<string, unknown>;

async function reply(running: Running, path: string, body: unknown): Promise<{ status: number; json: Json }> {
  const response = await running.post(path, body);
  return { status: response.status, json: (await response.json()) as Json };
}

/** A server with a model of letters: the runtime and the scheduler are real. */
function withLetters(work: (running: Running, stepper: FakeStepper) => Promise<void>): Promise<void> {
  const stepper = new FakeStepper({ slots: 2 });
  return withServer({ models: [letterModel(stepper)] }, (running) => work(running, stepper));
}

test('/completion answers one prompt with an object and several with a list', async () => {
  await withLetters(async (running) => {
    const { status, json } = await reply(running, '/completion', {
      prompt: [97, 'bc'],
      n_predict: 4,
      return_tokens: true,
    });
    assert.equal(status, 200);
    const { content, tokens, tokens_predicted, tokens_evaluated, stop, stop_type, model, timings } = json;
    assert.equal(String(content).length, 4);
    assert.equal((tokens as number[]).length, 4);
    assert.deepEqual([tokens_predicted, tokens_evaluated, stop, stop_type, model], [4, 3, true, 'limit', 'letters']);
    assert.equal((timings as Json)['predicted_n'], 4);
    const list = await reply(running, '/completion', { prompt: ['ab', [97]], n_cmpl: 2, n_predict: 1 });
    const evaluated = (list.json as unknown as Json[]).map((one) => [one['index'], one['tokens_evaluated']]);
    assert.deepEqual(evaluated, [
      [0, 2],
      [1, 2],
      [2, 1],
      [3, 1],
    ]);
  });
});

test('/completion streams frames whose contents and tokens join to the whole', async () => {
  await withLetters(async (running) => {
    const body = { prompt: 'abc', n_predict: 6, temperature: 0, return_tokens: true };
    const { json } = await reply(running, '/completion', body);
    const text = await (await running.post('/completion', { ...body, stream: true })).text();
    const frames = text
      .trim()
      .split('\n\n')
      .map((frame) => JSON.parse(frame.replace('data: ', '')) as Json);
    assert.equal(frames.map(({ content }) => content).join(''), json['content']);
    assert.deepEqual(
      frames.flatMap(({ tokens }) => tokens),
      json['tokens'],
    );
    assert.deepEqual(
      frames.map(({ stop }) => stop),
      [...frames.slice(1).map(() => false), true],
    );
    assert.equal(frames.at(-1)?.['tokens_predicted'], 6);
  });
});

test('/tokenize and /detokenize are each other turned round', async () => {
  await withLetters(async (running) => {
    assert.deepEqual((await reply(running, '/tokenize', { content: 'ab' })).json, { tokens: [97, 98] });
    assert.deepEqual((await reply(running, '/tokenize', { content: [5, 'b'] })).json, { tokens: [5, 98] });
    const pieces = await reply(running, '/tokenize', { content: 'a', with_pieces: true });
    assert.deepEqual(pieces.json, { tokens: [{ id: 97, piece: 't' }] });
    assert.deepEqual((await reply(running, '/detokenize', { tokens: [0, 1] })).json, { content: 'ab' });
    assert.deepEqual((await reply(running, '/detokenize', { tokens: [] })).json, { content: '' });
  });
});

test('/apply-template and the count of input tokens take the body of a chat', async () => {
  await withLetters(async (running) => {
    const body = { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 5 };
    assert.deepEqual((await reply(running, '/apply-template', body)).json, { prompt: 'user: Hi\n' });
    const count = { object: 'response.input_tokens', input_tokens: 9 };
    assert.deepEqual((await reply(running, '/v1/chat/completions/input_tokens', body)).json, count);
    const long = { messages: [{ role: 'user', content: 'x'.repeat(5000) }] };
    assert.equal((await reply(running, '/v1/chat/completions/input_tokens', long)).json['input_tokens'], 5007);
  });
});

test('/props tells the model, its slots and its defaults, and no path', async () => {
  await withLetters(async ({ url }) => {
    const props = (await (await fetch(`${url}/props`)).json()) as Json;
    const { total_slots, model_alias, model_path, chat_template, default_generation_settings: settings } = props;
    assert.deepEqual([total_slots, model_alias, model_path, chat_template], [2, 'letters', 'letters', '']);
    const { n_ctx, params } = settings as { n_ctx: number; params: Json };
    assert.equal(n_ctx, 1000);
    assert.deepEqual([params['temperature'], params['top_k'], params['n_predict']], [0.8, 40, -1]);
  });
});

test('/slots tells what is going on, never a text, and fails on demand where all are busy', async () => {
  let go = (): void => {};
  const held = new Promise<void>((resolve) => (go = resolve));
  const stepper = new FakeStepper({ slots: 1, onStep: (_plan, step) => (step === 3 ? held : undefined) });
  const model = letterModel(stepper);
  await withServer({ models: [model] }, async (running) => {
    const slots = async (query = ''): Promise<Response> => fetch(`${running.url}/slots${query}`);
    assert.equal((await slots('?fail_on_no_slot=1')).status, 200);
    const answer = running.post('/completion', { prompt: 'secret', n_predict: 5 });
    await until(() => stepper.plans.length === 3, 'the third step');
    const busy = await slots();
    assert.deepEqual(await busy.json(), [
      {
        id: 0,
        n_ctx: 1000,
        speculative: false,
        is_processing: true,
        n_prompt_tokens: 6,
        n_prompt_tokens_processed: 6,
        n_prompt_tokens_cache: 0,
        n_past: 7,
        next_token: { has_next_token: true, n_remain: 3, n_decoded: 2 },
      },
    ]);
    const full = await slots('?fail_on_no_slot=1');
    assert.equal(full.status, 429);
    assert.equal(((await full.json()) as { error: Json }).error['type'], 'unavailable_error');
    go();
    await (await answer).text();
    const [free] = (await (await slots()).json()) as Json[];
    assert.deepEqual([free?.['is_processing'], free?.['n_prompt_tokens'], free?.['n_past']], [false, 0, 10]);
  });
});

test("refuses bad fields of every route in llama-server's form, with the name of the field", async () => {
  const cases: [path: string, body: unknown, param: string][] = [
    ['/completion', { prompt: [1, 70_000] }, 'prompt'],
    ['/completion', { prompt: 'a', n_predict: 5000 }, 'n_predict'],
    ['/completion', { prompt: 'x'.repeat(2000) }, 'prompt'],
    ['/completion', { prompt: 'a', logit_bias: [[70_000, 1]] }, 'logit_bias'],
    ['/infill', { input_prefix: 'a', input_suffix: 'b' }, 'input_suffix'],
    ['/tokenize', {}, 'content'],
    ['/tokenize', { content: 5 }, 'content'],
    ['/tokenize', { content: [-1] }, 'content[0]'],
    ['/tokenize', { content: [70_000] }, 'content'],
    ['/tokenize', { content: 'a', add_special: 1 }, 'add_special'],
    ['/tokenize', { content: 'a', parse_special: 'no' }, 'parse_special'],
    ['/tokenize', { content: 'a', with_pieces: [] }, 'with_pieces'],
    ['/tokenize', { content: 'a', with_piece: true }, 'with_piece'],
    ['/detokenize', {}, 'tokens'],
    ['/detokenize', { tokens: 'a' }, 'tokens'],
    ['/detokenize', { tokens: ['a'] }, 'tokens[0]'],
    ['/detokenize', { tokens: [70_000] }, 'tokens'],
    ['/apply-template', {}, 'messages'],
    ['/apply-template', { messages: [{ role: 'robot', content: 'a' }] }, 'messages[0].role'],
  ];
  await withLetters(async (running, stepper) => {
    for (const [path, body, param] of cases) {
      const { status, json } = await reply(running, path, body);
      const { error } = json as { error: Json };
      assert.equal(status, 400, `${path} ${JSON.stringify(body).slice(0, 80)}`);
      assert.equal(error['code'], 400);
      assert.equal(error['param'], param, String(error['message']));
    }
    assert.equal(stepper.begun.length, 0);
  });
});

test('a model without a tokenizer is a 501, and an unknown path below is in the same form', async () => {
  await withServer({ model: new FakeModel() }, async (running) => {
    for (const [path, body] of [
      ['/tokenize', { content: 'a' }],
      ['/detokenize', { tokens: [] }],
    ] as const) {
      const { status, json } = await reply(running, path, body);
      assert.equal(status, 501);
      assert.match(String((json['error'] as Json)['message']), /model fake does not tokenize/);
    }
    for (const path of ['/props', '/slots']) assert.equal((await fetch(running.url + path)).status, 501);
    const nothing = await fetch(`${running.url}/completion/x`);
    assert.deepEqual([nothing.status, ((await nothing.json()) as { error: Json }).error['code']], [404, 404]);
  });
});

test('all routes want a key where one is set, and leave unknown fields out by name', async () => {
  await withServer({ settings: { apiKeys: ['one'] } }, async ({ url, post }) => {
    for (const path of ['/completion', '/infill', '/tokenize', '/detokenize', '/apply-template', '/completions']) {
      assert.equal((await post(path, {})).status, 401, path);
    }
    for (const path of ['/props', '/slots', '/models']) assert.equal((await fetch(url + path)).status, 401, path);
  });
  await withLetters(async ({ post }) => {
    const response = await post('/completion', { prompt: 'a', n_predict: 1, samplers: ['top_k'] });
    assert.equal(response.headers.get('x-hearth-ignored'), 'samplers');
  });
});
