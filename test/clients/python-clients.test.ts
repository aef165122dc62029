import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { apiKey, dimensions, startForClients } from '../support/client-server.ts';
import { runScript, type Answered } from '../support/python-script.ts';
import { pythonVenv } from '../support/python-venv.ts';
import { metric } from '../support/scrape.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { until } from '../support/server.ts';

let directory: string;
let server: ServerProcess;
before(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'hearth-python-'));
  server = await startForClients();
});
after(async () => {
  await rm(directory, { recursive: true, force: true });
  assert.equal(await server.stop(), 0);
});

/** A test of what a script's calls gave; skipped where this machine can have no venv. */
function clientTest(title: string, script: string, check: (of: Answered) => Promise<void>): void {
  test(title, async (t) => {
    const venv = await pythonVenv('python-clients');
    if ('missing' in venv) {
      t.skip(venv.missing);
      return;
    }
    await check(await runScript(venv.python, script, { base_url: `${server.url}/v1`, api_key: apiKey }, directory));
  });
}

const text = z.string().regex(/\S/);
const count = z.number().int().positive();
const pieces = z.array(z.string()).min(3);
const counted = z.object({ input: count, output: count });
const usage = z.object({ prompt_tokens: count, completion_tokens: count, total_tokens: count });
const completion = z.object({
  object: z.literal('chat.completion'),
  model: z.literal('chat'),
  choices: z.tuple([
    z.object({
      message: z.object({ content: text, role: z.literal('assistant') }),
      finish_reason: z.enum(['stop', 'length']),
    }),
  ]),
  usage,
});
const person = z.strictObject({
  name: z.string().max(12),
  likes: z.array(z.enum(['tea', 'coffee'])).max(2),
});

clientTest('openai for Python chats, streams, parses and calls', 'openai_calls.py', async (of) => {
  const { usage: used } = completion.parse(of('chat'));
  assert.equal(used.total_tokens, used.prompt_tokens + used.completion_tokens);
  const streamed = z.object({ pieces, final: completion, whole: completion }).parse(of('stream'));
  assert.equal(streamed.pieces.join(''), streamed.final.choices[0].message.content);
  assert.deepEqual(streamed.final, streamed.whole);
  assert.deepEqual(of('parse'), { is_person: true, finish_reason: 'stop' });
  assert.deepEqual(of('parse tool'), { name: 'weather', is_weather: true });
  assert.deepEqual(of('stream tool'), { done: 1, name: 'weather', is_weather: true });
  text.parse(of('tool result'));
  z.object({ object: z.literal('text_completion'), usage }).parse(of('completions'));
  assert.deepEqual(of('models'), ['chat', 'vectors']);
  const vectors = z.array(z.array(z.number()).length(dimensions)).length(2);
  const { usual, floats } = z.object({ usual: vectors, floats: vectors }).parse(of('embeddings'));
  assert.deepEqual(
    floats.map((vector) => [...new Float32Array(vector)]),
    usual,
  );

  assert.deepEqual(of('abort'), { pieces: 3, cancelled: true });
  const headers = { authorization: `Bearer ${apiKey}` };
  await until(async () => (await metric(server.url, 'hearth_slots_busy', headers)) === 0, 'all slots are free');

  const raised = z.record(z.string(), z.looseObject({ class: z.string() })).parse(of('errors'));
  const refused = { type: 'invalid_request_error', status_code: 400 };
  const exceeded = { ...refused, code: 'context_length_exceeded', param: 'max_completion_tokens' };
  const bare = { status_code: null, code: null, param: null, type: null };
  assert.deepEqual(raised, {
    'wrong type': { class: 'BadRequestError', ...refused, code: null, param: 'temperature' },
    'too long': { class: 'BadRequestError', ...exceeded },
    'too long, streamed': { class: 'BadRequestError', ...exceeded },
    'no such model': {
      ...refused,
      class: 'NotFoundError',
      status_code: 404,
      code: 'model_not_found',
      param: 'model',
    },
    'no such key': { ...refused, class: 'AuthenticationError', status_code: 401, code: 'invalid_api_key', param: null },
    'no such path': { ...refused, class: 'NotFoundError', status_code: 404, code: 'not_found', param: null },
    'no server': { class: 'APIConnectionError', ...bare },
    'too slow': { class: 'APITimeoutError', ...bare },
    'cut off': { class: 'LengthFinishReasonError', ...bare },
  });
});

clientTest(
  'openai-agents for Python runs agents with tools, results and typed output',
  'agents_calls.py',
  async (of) => {
    const run = z.object({ output: text, used: counted.extend({ requests: z.literal(1) }) }).parse(of('run'));
    const streamed = z.object({ pieces, output: text }).parse(of('run streamed'));
    assert.equal(streamed.pieces.join(''), streamed.output);
    assert.equal(streamed.output, run.output);
    const asked = z.strictObject({ city: z.enum(['Rome', 'Oslo']), days: z.int() });
    z.object({ output: z.literal('It will be sunny.'), asked: z.tuple([asked]) }).parse(of('tool stops'));
    assert.deepEqual(of('tool streamed'), {
      output: 'It will be sunny.',
      items: ['tool_call_item', 'tool_call_output_item'],
    });
    const { types } = z.object({ types: z.array(z.string()), output: text }).parse(of('goes on'));
    assert.deepEqual(types, ['user', 'function_call', 'function_call_output', 'user']);
    assert.equal(of('typed'), true);
  },
);

clientTest('AgentScope 2 chats, streams, calls tools and runs an agent', 'agentscope_two.py', async (of) => {
  const whole = z.object({ text, used: counted }).parse(of('call'));
  const streamed = z.object({ pieces, text, used: counted }).parse(of('stream'));
  assert.equal(streamed.pieces.join(''), streamed.text);
  assert.deepEqual({ text: streamed.text, used: streamed.used }, whole);
  for (const way of ['tool required', 'tool named', 'tool streamed']) {
    const called = z.object({ name: z.literal('weather'), input: z.string(), answer: text }).parse(of(way));
    z.strictObject({ city: z.enum(['Rome', 'Oslo']) }).parse(JSON.parse(called.input));
  }
  for (const way of ['structured', 'structured, streamed']) person.parse(of(way));
  const reply = z.object({ name: z.literal('Alice'), role: z.literal('assistant'), text });
  z.tuple([reply, reply]).parse(of('agent'));
  assert.deepEqual(of('embeddings'), [8, 8]);
});
