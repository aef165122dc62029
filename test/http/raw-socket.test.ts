import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeModel, hello } from '../support/fake-model.ts';
import { withServer } from '../support/server.ts';

interface Raw {
  socket: Socket;
  /** All that came so far. */
  got: () => string;
  closed: Promise<void>;
}

function open(url: string): Raw {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  // A server that cuts a connection off may reset it.
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, got: () => text, closed };
}

async function until(happened: () => boolean): Promise<void> {
  for (let wait = 0; wait < 300 && !happened(); wait += 1) await sleep(10);
  assert.ok(happened(), 'it did not happen within 3 s');
}

const head = (...lines: string[]): string =>
  ['POST /llm/ HTTP/1.1', 'host: x', 'content-type: application/json', ...lines, '', ''].join('\r\n');

test('a body announced as hopelessly large is refused before it is sent', async () => {
  await withServer({}, async ({ url }) => {
    const { socket, got, closed } = open(url);
    socket.write(head('content-length: 400000000'));
    await closed;
    assert.match(got(), /^HTTP\/1\.1 413 /);
    assert.match(got(), /over the limit of 100000 bytes/);
  });
});

test('a client that asks before it sends too much gets 413 and no 100, a modest one is told to go on', async () => {
  await withServer({}, async ({ url }) => {
    const large = open(url);
    large.socket.write(head('content-length: 150000', 'expect: 100-continue'));
    await large.closed;
    assert.match(large.got(), /^HTTP\/1\.1 413 /);

    const small = open(url);
    small.socket.write(head('content-length: 15', 'expect: 100-continue', 'connection: close'));
    await until(() => small.got().includes('100 Continue'));
    small.socket.write('{"inputs":"Hi"}');
    await small.closed;
    assert.match(small.got(), /HTTP\/1\.1 200 OK/);
  });
});

test('an endless body is cut off, and others are served meanwhile and afterwards', async () => {
  await withServer({}, async ({ url, post }) => {
    const { socket, closed } = open(url);
    socket.write(head('transfer-encoding: chunked'));
    const chunk = `100000\r\n${'x'.repeat(0x10_0000)}\r\n`;
    let sent = 0;
    while (!socket.closed && sent < 200) {
      sent += 1;
      if (!socket.write(chunk)) await Promise.race([closed, sleep(20)]);
    }
    await closed;
    assert.ok(sent < 200, `${sent} MB were taken`);
    assert.equal((await post('/llm/', { inputs: 'Hi' })).status, 200);
  });
});

test('bytes that are not UTF-8 are refused, not replaced', async () => {
  await withServer({}, async ({ url, model }) => {
    const body = Buffer.concat([Buffer.from('{"inputs":"a'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const response = await fetch(`${url}/llm/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /not valid UTF-8/);
    assert.equal(model.requests.length, 0);
  });
});

test('garbage after a request does not get into its running reply', async () => {
  let release = (): void => {};
  const waiting = new Promise<void>((resolve) => (release = resolve));
  const model = new FakeModel(() => [...hello.slice(0, 2), { type: 'wait', until: waiting }, ...hello.slice(2)]);
  await withServer({ model }, async ({ url }) => {
    const { socket, got, closed } = open(url);
    socket.write(`${head('content-length: 29')}{"inputs":"Hi","stream":true}`);
    await until(() => got().includes('Hello'));
    socket.write('GARBAGE\u0000\r\n\r\n');
    await closed;
    release();
    assert.doesNotMatch(got(), /400 Bad Request/);
  });
});

test('the log line of a request that is cut off has what was known', async () => {
  const model = new FakeModel(() => [
    { type: 'start', promptTokens: 5, cachedTokens: 2, queueMs: 7 },
    { type: 'delta', index: 0, text: 'Hello', completionTokens: 3 },
    { type: 'wait', until: new Promise<void>(() => {}) },
  ]);
  await withServer({ model }, async ({ url, lines }) => {
    const { socket, got } = open(url);
    socket.write(`${head('content-length: 29')}{"inputs":"Hi","stream":true}`);
    await until(() => got().includes('Hello'));
    socket.destroy();
    await until(() => lines.some(({ status }) => status === 499));
    const line = lines.find(({ status }) => status === 499) ?? {};
    assert.deepEqual(
      [line['promptTokens'], line['cachedTokens'], line['completionTokens'], line['queueMs']],
      [5, 2, 3, 7],
    );
    assert.equal(typeof line['firstTokenMs'], 'number');
  });
});
