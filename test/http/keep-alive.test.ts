import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { at } from '../support/at.ts';
import { withServer } from '../support/server.ts';

test('goes on with the same connection after every error, 413 included', async () => {
  await withServer({}, async ({ url }) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    const send = (method: string, path: string, body?: string): Promise<IncomingMessage> =>
      new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body ?? '') };
        const sent = request(url + path, { method, agent, headers }, (res) => {
          ports.add(sent.socket?.localPort);
          res.resume().on('end', () => resolve(res));
        });
        sent.on('error', reject);
        sent.end(body);
      });
    try {
      const statuses = [
        await send('POST', '/llm/', '{'),
        await send('POST', '/llm/', `{"inputs":"${'x'.repeat(2_000_000)}"}`),
        await send('POST', '/llm/', '{"inputs":"Hi"}'),
        await send('GET', '/llm/'),
        await send('GET', '/nothing'),
        await send('POST', '/llm/', '{"inputs":5}'),
        await send('POST', '/llm/', '{"inputs":"Hi","stream":true}'),
        await send('POST', '/v1/chat/completions', '{"messages":[{"role":"user","content":"Hi"}]}'),
      ].map((res) => res.statusCode);
      assert.deepEqual(statuses, [400, 413, 200, 405, 404, 400, 200, 200]);
      assert.equal(ports.size, 1);
    } finally {
      agent.destroy();
    }
  });
});

test('answers what is no HTTP as JSON, and closes', async () => {
  const cases = [
    ['GARBAGE\r\n\r\n', /^HTTP\/1\.1 400 Bad Request\r\n/],
    [`GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
  ] as const;
  await withServer({}, async ({ url }) => {
    for (const [text, head] of cases) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.write(text);
      let got = '';
      for await (const chunk of socket) got += String(chunk);
      assert.match(got, head);
      const body: unknown = JSON.parse(got.slice(got.indexOf('\r\n\r\n')));
      assert.equal(at(body, 'error', 'code'), 'invalid_request');
    }
  });
});
