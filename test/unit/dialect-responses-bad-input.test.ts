import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { at, refusal } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = at(createOpenai(dialectSettings), '/v1/responses');
const now = { type: 'function', name: 'now' };
const call = { type: 'function_call', call_id: 'a', name: 'now', arguments: '{}' };
const output = { type: 'function_call_output', call_id: 'a', output: 'x' };
const format = (given: unknown): Record<string, unknown> => ({ text: { format: given } });
const user = (content: unknown): Record<string, unknown> => ({ input: [{ role: 'user', content }] });
const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v']));

// fields of a body, the parameter that the error names, and what its sentence says
const cases: [fields: Record<string, unknown>, param: string, sentence?: RegExp][] = [
  [{ input: undefined }, 'input', /at least one item, got nothing/],
  [{ input: null }, 'input'],
  [{ input: [] }, 'input', /an empty list/],
  [{ keep_alive: '5 minutes' }, 'keep_alive', /seconds or a time such as "5m"/],
  [{ input: 5 }, 'input'],
  [{ input: {} }, 'input'],
  [{ input: ['Hi'] }, 'input[0]', /an object with type, got "Hi"/],
  [{ input: [null] }, 'input[0]'],
  [{ input: [{ role: 'user' }] }, 'input[0].content'],
  [{ input: [{ content: 'Hi' }] }, 'input[0].role'],
  [{ input: [{ role: 'tool', content: 'Hi' }] }, 'input[0].role'],
  [
    { input: [{ type: 'image_generation_call' }] },
    'input[0].type',
    /got "image_generation_call"; the model reads text/,
  ],
  [{ input: [{ type: 5 }] }, 'input[0].type'],
  [user(5), 'input[0].content'],
  [user(['x']), 'input[0].content[0]'],
  [user([{ text: 'x' }]), 'input[0].content[0].type'],
  [user([{ type: 'input_image', image_url: 'x' }]), 'input[0].content[0].type', /"input_image"; this model reads text/],
  [user([{ type: 'input_text', text: 5 }]), 'input[0].content[0].text'],
  [{ input: [{ ...call, call_id: '' }] }, 'input[0].call_id'],
  [{ input: [{ ...call, name: undefined }] }, 'input[0].name'],
  [{ input: [{ ...call, arguments: {} }] }, 'input[0].arguments'],
  [{ input: [output] }, 'input[0].call_id', /"a" is the call_id of no function_call before it/],
  [{ input: [output, call] }, 'input[0].call_id'],
  [{ input: [call, { ...output, call_id: 'b' }] }, 'input[1].call_id'],
  [{ input: [call, { ...output, output: {} }] }, 'input[1].output'],
  [{ input: [{ type: 'reasoning', content: 'x' }] }, 'input[0].content'],
  [{ input: [{ type: 'reasoning', content: [{ type: 'text', text: 'x' }] }] }, 'input[0].content[0].type'],
  [{ input: [{ type: 'reasoning', encrypted_content: 'x' }] }, 'input[0].encrypted_content', /who encrypted it/],
  [{ input: [{ type: 'item_reference' }] }, 'input[0].id'],
  [{ model: 5 }, 'model'],
  [{ instructions: ['x'] }, 'instructions'],
  [{ previous_response_id: 5 }, 'previous_response_id'],
  [{ max_output_tokens: 0 }, 'max_output_tokens'],
  [{ max_output_tokens: 1.5 }, 'max_output_tokens'],
  [{ max_output_tokens: '5' }, 'max_output_tokens'],
  [{ temperature: 2.1 }, 'temperature'],
  [{ temperature: '0' }, 'temperature'],
  [{ top_p: -0.1 }, 'top_p'],
  [{ tools: {} }, 'tools'],
  [{ tools: [{ type: 'web_search' }] }, 'tools[0].type', /got "web_search"; the model calls functions alone/],
  [{ tools: [{ type: 'function', function: { name: 'now' } }] }, 'tools[0].name'],
  [{ tools: [{ ...now, name: 'a b' }] }, 'tools[0].name'],
  [{ tools: [{ ...now, parameters: [] }] }, 'tools[0].parameters'],
  [{ tools: [now, now] }, 'tools[1].name', /Two tools are called now/],
  [{ tool_choice: 'any' }, 'tool_choice'],
  [{ tool_choice: 5 }, 'tool_choice'],
  [{ tool_choice: {} }, 'tool_choice.type', /got nothing/],
  [{ tool_choice: { type: 'file_search' } }, 'tool_choice.type', /got "file_search"/],
  [{ tool_choice: { type: 'function' } }, 'tool_choice.name'],
  [{ tools: [now], tool_choice: { type: 'function', name: 'sum' } }, 'tool_choice.name', /sum, .* there are now/],
  [{ tools: [now], tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [] } }, 'tool_choice.tools'],
  [{ tools: [now], tool_choice: { type: 'allowed_tools', mode: 'x', tools: [now] } }, 'tool_choice.mode'],
  [{ tool_choice: 'required' }, 'tool_choice', /needs tools/],
  [{ parallel_tool_calls: 'no' }, 'parallel_tool_calls'],
  [{ text: 'text' }, 'text'],
  [{ text: { verbosity: 'low' } }, 'text.verbosity'],
  [format('text'), 'text.format'],
  [format({ type: 'xml' }), 'text.format.type'],
  [format({ type: 'json_schema', name: 'x' }), 'text.format.schema', /is missing/],
  [format({ type: 'json_schema', schema: 'x' }), 'text.format.schema'],
  [format({ type: 'json_schema', schema: {}, strict: 1 }), 'text.format.strict'],
  [{ reasoning: 'low' }, 'reasoning'],
  [{ reasoning: { effort: 'much' } }, 'reasoning.effort'],
  [{ reasoning: { summary: 'detailed' } }, 'reasoning.summary', /told whole/],
  [{ stream: 1 }, 'stream'],
  [{ stream_options: { include_obfuscation: true } }, 'stream_options', /for streams alone/],
  [{ store: 'yes' }, 'store'],
  [{ metadata: 'x' }, 'metadata'],
  [{ metadata: { a: 1 } }, 'metadata.a'],
  [{ metadata: { a: 'x'.repeat(513) } }, 'metadata.a'],
  [{ metadata: { ['x'.repeat(65)]: '' } }, 'metadata'],
  [{ metadata: many }, 'metadata'],
  [{ truncation: 'auto' }, 'truncation', /never cut short/],
  [{ include: 'x' }, 'include'],
  [{ include: ['logprobs'] }, 'include[0]'],
  [{ top_logprobs: 21 }, 'top_logprobs'],
  [{ top_logprobs: 3 }, 'top_logprobs', /needs "message.output_text.logprobs" in include/],
  [{ background: true }, 'background'],
  [{ conversation: 'conv_1' }, 'conversation', /previous_response_id/],
  [{ prompt: { id: 'x' } }, 'prompt'],
  [{ context_management: [{}] }, 'context_management'],
  [{ moderation: {} }, 'moderation'],
  [{ user: 5 }, 'user'],
  [{ service_tier: 5 }, 'service_tier'],
  [{ safety_identifier: 5 }, 'safety_identifier'],
  [{ prompt_cache_key: 5 }, 'prompt_cache_key'],
  [{ prompt_cache_retention: 5 }, 'prompt_cache_retention'],
  [{ max_tool_calls: 0 }, 'max_tool_calls'],
  [{ top_k: -2 }, 'top_k'],
  [{ min_p: 2 }, 'min_p'],
  [{ repetition_penalty: 0 }, 'repetition_penalty'],
  [{ frequency_penalty: 3 }, 'frequency_penalty'],
  [{ presence_penalty: -3 }, 'presence_penalty'],
  [{ seed: 1.5 }, 'seed'],
  [{ cache_prompt: 1 }, 'cache_prompt'],
  [{ chat_template_kwargs: [] }, 'chat_template_kwargs'],
  [{ chat_template_kwargs: { tools: [] } }, 'chat_template_kwargs.tools'],
];

test('refuses what is wrong with any field, by name', () => {
  for (const [fields, param, sentence = /./] of cases) {
    const error = refusal(dialect, { input: 'Hi', ...fields });
    const where = `${JSON.stringify(fields).slice(0, 80)}: ${error.message}`;
    assert.equal(error.param, param, where);
    assert.equal(error.code, 'invalid_request', where);
    assert.match(error.message, sentence, where);
  }
});

test('every field of the body is in the table, but the one without a wrong value', () => {
  const [route] = dialect.routes;
  const schema = route?.body;
  const known = schema !== undefined && 'shape' in schema ? Object.keys(schema.shape as object) : [];
  const tried = new Set(cases.flatMap(([fields]) => Object.keys(fields)));
  assert.deepEqual(
    known.filter((name) => !tried.has(name)),
    ['prompt_cache_options'],
  );
});

test('refuses a long list of bad references and items without holding others up', () => {
  const input = Array.from({ length: 20_000 }, (_, index) => ({ role: 'user', content: `${index}` }));
  const began = performance.now();
  const error = refusal(dialect, { input: [...input, { type: 'item_reference', id: 'msg_u1_0' }] });
  assert.equal(error.param, 'input[20000].id');
  assert.ok(performance.now() - began < 1000);
});
