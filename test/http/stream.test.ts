import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { end, FakeModel, say, stall, start, hello } from '../support/fake-model.ts';
import type { Step } from '../support/fake-model.ts';
import { until, withServer } from '../support/server.ts';

const chat = { messages: [{ role: 'user', content: 'Hi' }], stream: true };

test('streams in frames, with headers that no proxy buffers', async () => {
  await withServer({}, async ({ post }) => {
    const reply = await post('/llm/', { inputs: 'Hi', stream: true });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    assert.equal(reply.headers.get('cache-control'), 'no-cache');
    assert.equal(reply.headers.get('x-accel-buffering'), 'no');
    const text = await reply.text();
    assert.ok(
      text.startsWith('data: {"response":"Hello","index":0}\n\ndata: {"response":" world","index":0}\n\ndata: {'),
    );
    assert.ok(text.endsWith('}\n\ndata: [DONE]\n\n'));
  });
});

test('sends headers once a slot is held, and pings while the prompt is read', async () => {
  let read = (): void => {};
  const isRead = new Promise<void>((resolve) => (read = resolve));
  const script: Step[] = [start, { type: 'wait', until: isRead }, say('Hello'), ...end(1)];
  await withServer({ model: new FakeModel(() => script), settings: { pingMs: 20 } }, async ({ post }) => {
    const reply = await post('/llm/', { inputs: 'Hi', stream: true });
    assert.equal(reply.status, 200);
    const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader();
    assert.ok(reader);
    let text = '';
    while (text.length < ': ping\n\n'.length * 2) text += (await reader.read()).value;
    assert.match(text, /^(: ping\n\n)+$/);
    read();
    for (let next = await reader.read(); !next.done; next = await reader.read()) text += next.value;
    assert.match(text, /^(: ping\n\n)+data: {"response":"Hello","index":0}\n\n/);
    assert.ok(text.endsWith('data: [DONE]\n\n'));
  });
});

test('waits for a slot before it answers at all', async () => {
  let admit = (): void => {};
  const admitted = new Promise<void>((resolve) => (admit = resolve));
  const script: Step[] = [{ type: 'wait', until: admitted }, ...hello];
  await withServer({ model: new FakeModel(() => script), settings: { pingMs: 10 } }, async ({ post, model }) => {
    let answers = 0;
    const reply = post('/llm/', { inputs: 'Hi', stream: true }).finally(() => answers++);
    await until(() => model.running === 1, 'it waits');
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(answers, 0);
    admit();
    assert.equal((await reply).status, 200);
    await (await reply).text();
  });
});

test('tells a failure after the start in one frame of the dialect, and ends', async () => {
  const error = new InferenceError('model_failed', 'The model failed; try again.');
  const script: Step[] = [start, say('Hel'), { type: 'fail', error }];
  await withServer({ model: new FakeModel(() => script) }, async ({ post, lines }) => {
    const llm = await (await post('/llm/', { inputs: 'Hi', stream: true })).text();
    assert.equal(
      llm,
      'data: {"response":"Hel","index":0}\n\n' +
        'data: {"error":{"message":"The model failed; try again.","code":"model_failed","param":null}}\n\n',
    );
    const openai = await (await post('/v1/chat/completions', chat)).text();
    assert.ok(
      openai.endsWith(
        'data: {"error":{"message":"The model failed; try again.","type":"server_error","param":null,"code":"model_failed"}}\n\n',
      ),
    );
    await until(() => lines.filter((line) => line['error'] === 'model_failed').length === 2, 'both are logged');
  });
});

test('hides an unknown failure after the start as well', async () => {
  const script: Step[] = [start, { type: 'fail', error: new Error('secret') }];
  await withServer({ model: new FakeModel(() => script) }, async ({ post }) => {
    const text = await (await post('/llm/', { inputs: 'Hi', stream: true })).text();
    assert.equal(
      text,
      'data: {"error":{"message":"The server failed; its log says why.","code":"internal","param":null}}\n\n',
    );
  });
});

test('reads on from the model only while the client reads', async () => {
  const piece = 'x'.repeat(64_000);
  function* endless(): Iterable<Step> {
    yield start;
    for (;;) yield say(piece);
  }
  await withServer({ model: new FakeModel(endless) }, async ({ url, model }) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const body = '{"inputs":"Hi","stream":true}';
    socket.write(
      `POST /llm/ HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    let before = -1;
    for (let same = 0; same < 5; same = model.given === before ? same + 1 : 0) {
      before = model.given;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(before > 1 && before < 1000, `${before} pieces`);
    assert.equal(model.running, 1);
    socket.destroy();
    await until(() => model.running === 0, 'the slot is free');
  });
});

test('cuts off a client that has stopped reading when its time is up', async () => {
  const piece = 'x'.repeat(64_000);
  function* endless(): Iterable<Step> {
    yield start;
    for (;;) yield say(piece);
  }
  await withServer({ model: new FakeModel(endless), settings: { timeoutMs: 300 } }, async ({ url, model }) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const body = '{"inputs":"Hi","stream":true}';
    socket.write(
      `POST /llm/ HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => model.running === 1, 'it streams');
    await until(() => model.running === 0, 'the slot is free');
    const ended = new Promise<string>((resolve) => {
      socket.on('error', () => resolve('error'));
      socket.on('close', () => resolve('close'));
    });
    socket.resume();
    assert.match(await ended, /error|close/);
  });
});

test('pings between pieces too, until the time is up', async () => {
  const script: Step[] = [start, say('a'), stall];
  await withServer(
    { model: new FakeModel(() => script), settings: { pingMs: 30, timeoutMs: 200 } },
    async ({ post }) => {
      const text = await (await post('/llm/', { inputs: 'Hi', stream: true })).text();
      assert.match(
        text,
        /^data: {"response":"a","index":0}\n\n(: ping\n\n)+data: {"error":{"message":"The request took longer than 0\.2 s/,
      );
    },
  );
});
