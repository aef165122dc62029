import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { runLoad } from '../../src/bench/load.ts';
import { modelTarget } from '../../src/bench/model-target.ts';
import { openaiTarget, type OpenaiOptions } from '../../src/bench/openai-target.ts';
import { postApiTarget, type PostApiOptions } from '../../src/bench/post-api-target.ts';
import { serverReads } from '../../src/bench/prompt-reads.ts';
import type { Ask, Target } from '../../src/bench/target.ts';
import { end, FakeModel, hello, say, stall, start } from '../support/fake-model.ts';
import { withServer } from '../support/server.ts';

const ask: Ask = { prompt: 'Hi.', maxTokens: 3, ignoreEos: true };

function openai(url: string, options: Partial<OpenaiOptions> = {}): Target {
  return openaiTarget({ url: new URL(`${url}/v1`), ...options });
}

function postApi(url: string, options: Partial<PostApiOptions> = {}): Target {
  return postApiTarget({ url: new URL(`${url}/llm/`), ...options });
}

/** Asks once and closes. */
async function askOnce(target: Target, asked: Ask = ask, signal?: AbortSignal) {
  try {
    return await target.ask(asked, signal);
  } finally {
    await target.close();
  }
}

/** Runs a test against a server that answers every request in one way. */
async function withReply(reply: (res: ServerResponse) => void, run: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((req, res) => {
    req.resume();
    reply(res);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('an OpenAI server streams pieces, and its last chunk tells the usage', async () => {
  await withServer({}, async ({ url, model }) => {
    const answer = await askOnce(openai(url));
    assert.equal(answer.text, 'Hello world');
    assert.equal(answer.pieceMs.length, 2);
    assert.equal(answer.firstTokenMs, answer.pieceMs[0]);
    assert.ok(answer.firstTokenMs > 0 && answer.totalMs >= (answer.pieceMs[1] ?? Infinity));
    assert.deepEqual([answer.promptTokens, answer.cachedTokens, answer.completionTokens], [5, 2, 3]);
    const [request] = model.requests;
    assert.deepEqual(request?.prompt, { kind: 'chat', messages: [{ role: 'user', content: 'Hi.', name: undefined }] });
    assert.deepEqual(
      [request?.model, request?.maxTokens, request?.ignoreEos, request?.sampling],
      ['fake', 3, true, { temperature: 0 }],
    );
  });
});

test('a /llm/ URL is asked in generate arguments; its reply is one piece', async () => {
  await withServer({}, async ({ url, model }) => {
    const free = await askOnce(postApi(url), { ...ask, maxTokens: 7, ignoreEos: false });
    assert.equal(free.text, 'Hello world');
    assert.deepEqual([free.promptTokens, free.cachedTokens, free.completionTokens], [5, undefined, 3]);
    assert.deepEqual([free.firstTokenMs, free.pieceMs], [free.totalMs, [free.totalMs]]);
    assert.equal((await askOnce(postApi(url))).completionTokens, 3);
    assert.deepEqual(
      model.requests.map(({ prompt, maxTokens, minTokens, sampling }) => ({ prompt, maxTokens, minTokens, sampling })),
      [7, 3].map((maxTokens) => ({
        prompt: { kind: 'text', text: 'Hi.' },
        maxTokens,
        minTokens: maxTokens === 3 ? 3 : 0,
        sampling: { temperature: 0 },
      })),
    );
  });
});

const flask: [string, object][] = [
  ['first', { response: 'yes', n_token_response: 9, n_token_prompt: 6, timestamp: '' }],
  [
    'second',
    {
      data: {
        completion_tokens: 9,
        prompt_tokens: 6,
        response: { choices: [{ message: { content: 'yes' } }], usage: { prompt_tokens: 6, completion_tokens: 9 } },
      },
    },
  ],
];
for (const [which, body] of flask) {
  test(`the ${which} Flask service counts the prompt into the answer, which is taken off`, async () => {
    await withReply(
      (res) => void res.end(JSON.stringify(body)),
      async (url) => {
        const answer = await askOnce(postApi(url), { ...ask, maxTokens: 8, ignoreEos: false });
        assert.deepEqual([answer.text, answer.promptTokens, answer.completionTokens], ['yes', 6, 3]);
      },
    );
  });
}

test('a model in this process is asked without a server', async () => {
  const model = new FakeModel();
  const messages = [{ role: 'user', content: 'Hi.' }] as const;
  const answer = await askOnce(modelTarget(model), { ...ask, prompt: messages });
  assert.equal(answer.text, 'Hello world');
  assert.equal(answer.pieceMs.length, 2);
  assert.deepEqual([answer.promptTokens, answer.cachedTokens, answer.completionTokens], [5, 2, 3]);
  assert.deepEqual(model.requests[0]?.prompt, { kind: 'chat', messages });
});

test('a refusal is an error with its status and the message of its body', async () => {
  await withServer({ settings: { apiKeys: ['secret'] } }, async ({ url }) => {
    for (const make of [openai, postApi]) {
      await assert.rejects(askOnce(make(url)), /^Error: http:\/\/127.*\/(models|llm\/) answered 401: .*key/);
      assert.equal((await askOnce(make(url, { apiKey: 'secret' }))).text, 'Hello world');
    }
  });
  await withReply(
    (res) => void res.writeHead(500).end('<h1>Internal\nerror</h1>'),
    (url) => assert.rejects(askOnce(postApi(url)), { message: `${url}/llm/ answered 500: <h1>Internal error</h1>` }),
  );
});

test('a server that is not there is named', async () => {
  for (const make of [openai, postApi])
    await assert.rejects(askOnce(make('http://127.0.0.1:1')), /http:\/\/127\.0\.0\.1:1\/.* cannot be reached: nobody/);
});

test('a stream that fails, breaks off or brings no usage is an error', async () => {
  const failing = new FakeModel(() => [start, say('Hel'), { type: 'fail', error: new Error('x') }]);
  await withServer({ model: failing }, async ({ url }) => {
    await assert.rejects(askOnce(openai(url, { model: 'm' })), /broke its reply off: .*\w/);
  });
  const broken = async (reply: (res: ServerResponse) => void, message: RegExp): Promise<void> =>
    withReply(reply, (url) => assert.rejects(askOnce(openai(url, { model: 'm' })), message));
  await broken((res) => void res.write('data: {}\n\n', () => res.destroy()), /broke its reply off\.$/);
  await broken((res) => void res.end('data: {"choices":[{"delta":{"content":"a"}}]}\n\n'), /sent no usage/);
  await broken((res) => void res.end('data: {oops\n\n'), /no JSON: \{oops/);
});

test("a server's counters of prompt tokens are read, where it has them", async () => {
  const metrics = [
    '# TYPE hearth_prompt_tokens_read_total counter',
    'hearth_prompt_tokens_read_total{model="a"} 30',
    'hearth_prompt_tokens_read_total{model="b"} 12',
    'hearth_prompt_tokens_unique_total 21',
  ];
  await withReply(
    (res) => void res.end(metrics.join('\n')),
    async (url) => assert.deepEqual(await serverReads(new URL(`${url}/v1`), undefined)(), { read: 42, unique: 21 }),
  );
  await withReply(
    (res) => void res.writeHead(404).end(),
    async (url) => assert.equal(await serverReads(new URL(`${url}/v1`), undefined)(), undefined),
  );
});

test('an abort cancels the request', async () => {
  const model = new FakeModel(() => [start, say('Hel'), stall]);
  await withServer({ model }, async ({ url }) => {
    for (const make of [openai, postApi]) {
      await assert.rejects(askOnce(make(url), ask, AbortSignal.timeout(100)), { name: 'TimeoutError' });
    }
  });
});

test('each client sends its next request when the last is answered', async () => {
  const model = new FakeModel(() => [start, say('a'), say('b'), ...end(2)]);
  await withServer({ model }, async ({ url }) => {
    const target = openai(url);
    const told: string[] = [];
    const { exchanges, failures, windowMs, clients } = await runLoad(target, {
      clients: 3,
      requests: 7,
      ask: (client, turn) => ({ ...ask, prompt: `${client}.${turn}` }),
      onAnswer: (client, turn, { text }) => told.push(`${client}.${turn} ${text}`),
    });
    await target.close();
    assert.deepEqual([clients, exchanges.length, failures.length], [3, 7, 0]);
    assert.deepEqual(told.toSorted(), exchanges.map(({ client, turn }) => `${client}.${turn} ab`).toSorted());
    const ends = exchanges.map(({ startMs, answer }) => startMs + answer.totalMs);
    assert.ok(windowMs >= Math.max(...ends) - 1 && windowMs < Math.max(...ends) + 50);
    assert.equal(model.requests.length, 7);
  });
});

test('a duration ends with the requests that run then', async () => {
  const { exchanges, windowMs } = await runLoad(modelTarget(new FakeModel(() => hello)), {
    clients: 2,
    durationMs: 30,
    ask: () => ask,
  });
  assert.equal(windowMs, 30);
  assert.ok(exchanges.length > 2);
  assert.ok(exchanges.every(({ startMs }) => startMs < 31));
});

test('failed requests are collected, and the load goes on at a slower pace', async () => {
  let number = 0;
  const model = new FakeModel(() => (number++ % 2 === 0 ? [{ type: 'fail', error: new Error('no') }] : hello));
  const { exchanges, failures } = await runLoad(modelTarget(model), { clients: 1, requests: 4, ask: () => ask });
  assert.equal(exchanges.length, 2);
  assert.deepEqual(
    failures.map(({ turn, error }) => [turn, error.message]),
    [
      [0, 'no'],
      [2, 'no'],
    ],
  );
});
