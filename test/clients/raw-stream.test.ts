import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { apiKey, startForClients, type ClientServer } from '../support/client-server.ts';
import { onBothEngines } from '../support/engines.ts';

interface Raw {
  status: number;
  headers: Headers;
  body: string;
  /** How often something arrived. */
  arrivals: number;
}

/** What differs from run to run: ids, which are one in all frames, and times. */
function steady(stream: string): string {
  const ids = new Set(
    [...stream.matchAll(/"id":"((?:chat)?cmpl-[0-9a-f-]{36})","object":"[a-z._]+","created":(\d{10})/g)].map(String),
  );
  assert.ok(ids.size <= 1, 'one id and one time for all chunks');
  return stream
    .replace(/cmpl-[0-9a-f-]{36}/g, 'cmpl-ID')
    .replace(/"created":\d{10}/g, '"created":0')
    .replace(/"timings":\{[^{}]*\}/g, '"timings":{}');
}

const golden = (name: string): string => readFileSync(new URL(`frames/${name}.txt`, import.meta.url), 'utf8');
const messages = [{ role: 'user', content: 'Say something.' }];
const usage = { stream_options: { include_usage: true } };

const streamed = z.object({
  choices: z.array(
    z.object({ text: z.string().optional(), delta: z.object({ content: z.string().nullish() }).optional() }),
  ),
});
const reply = z.object({
  choices: z.tuple([z.object({ text: z.string().optional(), message: z.object({ content: z.string() }).optional() })]),
});

onBothEngines((model) => {
  let server: ClientServer;
  let london: number;
  before(async () => {
    server = await startForClients(model);
    const { body } = await curl('/tokenize', { content: ' London' });
    [london] = z.object({ tokens: z.tuple([z.number()]) }).parse(JSON.parse(body)).tokens;
  });
  after(async () => assert.equal(await server.stop(), 0));

  /** What `curl -N` gets, as it is on the wire. @throws AssertionError where there is no curl */
  async function curl(path: string, body: object): Promise<Raw> {
    const headers = ['-H', 'content-type: application/json', '-H', `authorization: Bearer ${apiKey}`];
    const child = spawn(
      'curl',
      ['-sSN', '-i', `${server.url}${path}`, ...headers, '-d', JSON.stringify({ model: 'chat', ...body })],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const closed = once(child, 'close');
    let text = '';
    let arrivals = 0;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      arrivals += 1;
    });
    assert.equal((await closed)[0], 0);
    const [head = '', ...rest] = text.split('\r\n\r\n');
    const [first = '', ...lines] = head.split('\r\n');
    const got = new Headers(
      lines.map((line): [string, string] => [line.split(': ', 1)[0] ?? '', line.replace(/^[^:]*: /, '')]),
    );
    return { status: Number(first.split(' ')[1]), headers: got, body: rest.join('\r\n\r\n'), arrivals };
  }

  /** The same tokens on every machine. */
  const forced = () => ({ logit_bias: { [london]: 100 }, temperature: 0, max_tokens: 3, stream: true });
  for (const [name, path, body] of [
    ['chat', '/v1/chat/completions', { messages }],
    ['chat-usage', '/v1/chat/completions', { messages, ...usage }],
    ['completions', '/v1/completions', { prompt: 'Say' }],
    ['completions-usage', '/v1/completions', { prompt: 'Say', echo: true, ...usage }],
  ] as const) {
    test(`curl -N of ${path} gets the frames of ${name}.txt, byte by byte`, async () => {
      const { status, headers, body: stream } = await curl(path, { ...body, ...forced() });
      assert.equal(status, 200);
      assert.equal(headers.get('content-type'), 'text/event-stream; charset=utf-8');
      assert.equal(headers.get('cache-control'), 'no-cache');
      assert.equal(headers.get('x-accel-buffering'), 'no');
      assert.equal(headers.get('content-encoding'), null);
      assert.equal(steady(stream), golden(name));
    });
  }

  test('curl -N of a call gets the frames of chat-tool.txt, its arguments in pieces', async () => {
    const city = { type: 'object', properties: { city: { const: 'Rome' } }, required: ['city'] };
    const { body } = await curl('/v1/chat/completions', {
      messages,
      tools: [{ type: 'function', function: { name: 'weather', parameters: city } }],
      tool_choice: { type: 'function', function: { name: 'weather' } },
      stream: true,
    });
    const piece = /"arguments":("(?:[^"\\]|\\.)*")/g;
    const joined = [...body.matchAll(piece)].map(([, text]) => z.string().parse(JSON.parse(text ?? ''))).join('');
    assert.deepEqual(JSON.parse(joined), { city: 'Rome' });
    // How many pieces there are is the tokenizer's business.
    const frames = steady(body)
      .replace(/call_[0-9a-f]{32}/, 'call_ID')
      .replace(/"arguments":"(?:[^"\\]|\\.)+"/g, '"arguments":"…"')
      .split('\n\n');
    const changing = frames.filter((frame, index) => frame !== frames[index - 1]);
    assert.ok(changing.length < frames.length);
    assert.equal(changing.join('\n\n'), golden('chat-tool'));
  });

  test('curl -N of a response gets typed events, numbered, and no [DONE]', async () => {
    const { headers, body } = await curl('/v1/responses', {
      input: 'Say something.',
      max_output_tokens: 4,
      temperature: 0,
    });
    assert.equal(headers.get('content-type'), 'application/json; charset=utf-8');
    const { output } = z.object({ output: z.array(z.object({ type: z.string() })) }).parse(JSON.parse(body));
    assert.deepEqual(output, [{ type: 'message' }]);
    const stream = await curl('/v1/responses', {
      input: 'Say something.',
      max_output_tokens: 4,
      temperature: 0,
      stream: true,
    });
    const frames = stream.body.split('\n\n');
    assert.equal(frames.pop(), '');
    const types = frames.map((frame, index) => {
      const [, name, data = ''] = /^event: (\S+)\ndata: (\{.*\})$/.exec(frame) ?? assert.fail(frame);
      const { type, sequence_number: number } = z
        .object({ type: z.string(), sequence_number: z.number() })
        .parse(JSON.parse(data));
      assert.deepEqual([type, number], [name, index]);
      return type;
    });
    assert.deepEqual(
      types.filter((type, index) => type !== types[index - 1]),
      golden('responses').trim().split('\n'),
    );
  });

  test('what fails before the first byte is no stream', async () => {
    const { status, headers, body } = await curl('/v1/chat/completions', { messages, stream: true, max_tokens: 9999 });
    assert.equal(status, 400);
    assert.equal(headers.get('content-type'), 'application/json; charset=utf-8');
    const { error } = z.object({ error: z.object({ param: z.string(), code: z.string() }) }).parse(JSON.parse(body));
    assert.deepEqual(error, { param: 'max_tokens', code: 'context_length_exceeded' });
  });

  test('frames arrive one after the other, while the model writes', async () => {
    const { arrivals } = await curl('/v1/chat/completions', {
      messages,
      stream: true,
      max_tokens: 24,
      ignore_eos: true,
    });
    assert.ok(arrivals > 12, `24 tokens in ${arrivals} arrivals`);
  });

  test('a streamed reply joined is the unstreamed one', async () => {
    const chat = (content: string) => ['/v1/chat/completions', { messages: [{ role: 'user', content }] }] as const;
    const text = (prompt: string) => ['/v1/completions', { prompt }] as const;
    const asked = [
      chat('Write one line with emojis: 🙂🎉'),
      chat('Schreibe „schöne Grüße“.'),
      text('def fib(n):'),
      text('🙂🙂'),
    ];
    const ways = [{ temperature: 0 }, { temperature: 0, stop: ['the', '\n'] }, { temperature: 1, seed: 11 }];
    for (const [path, body] of asked) {
      for (const way of ways) {
        const request = { ...body, ...way, max_tokens: 24 };
        const whole = reply.parse(JSON.parse((await curl(path, request)).body)).choices[0];
        const frames = (await curl(path, { ...request, stream: true })).body.split('\n\n');
        assert.deepEqual(frames.splice(-2), ['data: [DONE]', '']);
        const pieces = frames.flatMap((frame) => streamed.parse(JSON.parse(frame.replace('data: ', ''))).choices);
        const joined = pieces.map(({ text: piece, delta }) => piece ?? delta?.content ?? '').join('');
        assert.equal(joined, whole.text ?? whole.message?.content, JSON.stringify(request));
      }
    }
  });
});
