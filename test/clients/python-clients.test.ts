import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { apiKey, startForClients, type ClientServer } from '../support/client-server.ts';
import { onBothEngines } from '../support/engines.ts';
import { runScript, type Answered } from '../support/python-script.ts';
import { pythonVenv } from '../support/python-venv.ts';
import { metric } from '../support/scrape.ts';
import { until } from '../support/server.ts';

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
const response = z.object({
  object: z.literal('response'),
  status: z.enum(['completed', 'incomplete']),
  model: z.literal('chat'),
  usage: z.object({ input_tokens: count, output_tokens: count, total_tokens: count }),
});
const opening = [
  'response.created',
  'response.in_progress',
  'response.output_item.added',
  'response.content_part.added',
];
const closing = [
  'response.output_text.done',
  'response.content_part.done',
  'response.output_item.done',
  'response.completed',
];
const person = z.strictObject({
  name: z.string().max(12),
  likes: z.array(z.enum(['tea', 'coffee'])).max(2),
});

/** What agents_calls.py gives. */
async function checkAgents(of: Answered): Promise<void> {
  const run = z.object({ output: text, used: counted.extend({ requests: z.literal(1) }) }).parse(of('run'));
  const streamed = z.object({ pieces, output: text }).parse(of('run streamed'));
  assert.equal(streamed.pieces.join(''), streamed.output);
  assert.equal(streamed.output, run.output);
  const asked = z.strictObject({ city: z.enum(['Rome', 'Oslo']), days: z.number().refine(Number.isInteger) });
  z.object({ output: z.literal('It will be sunny.'), asked: z.tuple([asked]) }).parse(of('tool stops'));
  assert.deepEqual(of('tool streamed'), {
    output: 'It will be sunny.',
    items: ['tool_call_item', 'tool_call_output_item'],
  });
  const { types } = z.object({ types: z.array(z.string()), output: text }).parse(of('goes on'));
  assert.deepEqual(types, ['user', 'function_call', 'function_call_output', 'user']);
  assert.equal(of('typed'), true);
}

/** What agentscope_two.py gives. */
async function checkAgentscope(of: Answered): Promise<void> {
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
}

onBothEngines((model) => {
  let directory: string;
  let server: ClientServer;
  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'hearth-python-'));
    server = await startForClients(model);
  });
  after(async () => {
    await rm(directory, { recursive: true, force: true });
    assert.equal(await server.stop(), 0);
  });

  /** A test of what a script's calls gave; skipped where this machine can have no venv. */
  function clientTest(title: string, script: string, api: string, check: (of: Answered) => Promise<void>): void {
    test(title, async (t) => {
      const venv = await pythonVenv('python-clients');
      if ('missing' in venv) {
        t.skip(venv.missing);
        return;
      }
      const task = { base_url: `${server.url}/v1`, api_key: apiKey, api };
      await check(await runScript(venv.python, script, task, directory));
    });
  }

  clientTest('openai for Python chats, streams, parses and calls', 'openai_calls.py', 'both', async (of) => {
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
    const vectors = z.array(z.array(z.number()).length(server.dimensions)).length(2);
    const { usual, floats } = z.object({ usual: vectors, floats: vectors }).parse(of('embeddings'));
    assert.deepEqual(
      floats.map((vector) => [...new Float32Array(vector)]),
      usual,
    );
    const { first, ...kept } = z.looseObject({ first: response, second: text }).parse(of('responses'));
    assert.ok(first.usage.output_tokens <= 16);
    assert.deepEqual(kept, {
      second: kept.second,
      same: true,
      items: ['message', 'message', 'message'],
      gone: 'NotFoundError',
    });
    const events = z.object({ types: z.array(z.string()), text, whole: text }).parse(of('responses stream'));
    assert.equal(events.text, events.whole);
    assert.deepEqual(
      events.types.filter((type, index) => type !== events.types[index - 1]),
      [...opening, 'response.output_text.delta', ...closing],
    );
    assert.equal(of('responses parse'), true);

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
      'no such key': {
        ...refused,
        class: 'AuthenticationError',
        status_code: 401,
        code: 'invalid_api_key',
        param: null,
      },
      'no such path': { ...refused, class: 'NotFoundError', status_code: 404, code: 'not_found', param: null },
      'no server': { class: 'APIConnectionError', ...bare },
      'too slow': { class: 'APITimeoutError', ...bare },
      'cut off': { class: 'LengthFinishReasonError', ...bare },
    });
  });

  for (const api of ['chat', 'responses']) {
    const over = `over ${api}`;
    clientTest(`openai-agents runs agents with tools and typed output ${over}`, 'agents_calls.py', api, checkAgents);
    clientTest(
      `AgentScope 2 streams, calls tools and runs an agent ${over}`,
      'agentscope_two.py',
      api,
      checkAgentscope,
    );
  }
});
