import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GenerateEvent, GenerateResult } from '../../src/contract/generate.ts';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { parse, refusal, render, requestOf, streamText } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialect = createOpenai(dialectSettings);
const messages = [{ role: 'user', content: 'Hi' }];
const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const tool = (name: string, rest: object = {}) => ({ type: 'function', function: { name, ...rest } });
const tools = [tool('get_weather', { description: 'Of a city.', parameters, strict: true }), tool('now')];

function offered(fields: Record<string, unknown>): unknown {
  const { prompt } = requestOf(dialect, { messages, tools, ...fields });
  return prompt?.kind === 'chat' ? prompt.tools : assert.fail('no chat');
}

const offer = {
  tools: [
    { name: 'get_weather', description: 'Of a city.', parameters, param: 'tools[0].function.parameters' },
    { name: 'now', param: 'tools[1].function.parameters' },
  ],
  required: false,
  callable: ['get_weather', 'now'],
  parallel: true,
};

test('offers tools in every way to choose', () => {
  assert.deepEqual(offered({}), offer);
  assert.deepEqual(offered({ tool_choice: 'auto', parallel_tool_calls: true }), offer);
  assert.deepEqual(offered({ tool_choice: 'required' }), { ...offer, required: true });
  assert.deepEqual(offered({ parallel_tool_calls: false }), { ...offer, parallel: false });
  assert.equal(offered({ tool_choice: 'none' }), undefined);
  assert.deepEqual(offered({ tool_choice: tool('now') }), {
    ...offer,
    required: true,
    callable: ['now'],
    parallel: false,
  });
  const allowed = (mode: string) => ({ type: 'allowed_tools', allowed_tools: { mode, tools: [tool('now')] } });
  assert.deepEqual(offered({ tool_choice: allowed('auto') }), { ...offer, callable: ['now'] });
  assert.deepEqual(offered({ tool_choice: allowed('required') }), { ...offer, required: true, callable: ['now'] });
  assert.equal(offered({ tools: [], tool_choice: 'auto' }), undefined);
  assert.equal(offered({ tools: null, tool_choice: null }), undefined);
});

test('refuses what is wrong with tools, by name', () => {
  const cases: [Record<string, unknown>, string, RegExp?][] = [
    [{ tools: {} }, 'tools'],
    [{ tools: ['now'] }, 'tools[0]'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].function'],
    [{ tools: [{ type: 'custom', custom: { name: 'x' } }] }, 'tools[0].type'],
    [{ tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    [{ tools: [tool('')] }, 'tools[0].function.name'],
    [{ tools: [tool('a b')] }, 'tools[0].function.name'],
    [{ tools: [tool('x'.repeat(65))] }, 'tools[0].function.name'],
    [{ tools: [tool('now'), tool('now')] }, 'tools[1].function.name', /Two tools are called now/],
    [{ tools: [tool('now', { parameters: 'x' })] }, 'tools[0].function.parameters'],
    [{ tools: [tool('now', { parameters: [] })] }, 'tools[0].function.parameters'],
    [{ tools: [tool('now', { paramters: {} })] }, 'tools[0].function.paramters', /did you mean parameters/],
    [{ tools: [tool('now', { strict: 1 })] }, 'tools[0].function.strict'],
    [{ tools: Array.from({ length: 513 }, (_, index) => tool(`t${index}`)) }, 'tools', /512/],
    [{ tool_choice: 'always' }, 'tool_choice'],
    [{ tools, tool_choice: tool('sum') }, 'tool_choice.function.name', /sum, .*get_weather, now/],
    [{ tools, tool_choice: { type: 'function' } }, 'tool_choice.function'],
    [{ tool_choice: tool('now') }, 'tool_choice.function.name', /there are none/],
    [{ tool_choice: 'required' }, 'tool_choice', /needs tools/],
    [{ tools: [], tool_choice: 'required' }, 'tool_choice'],
    [
      { tools, tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [tool('sum')] } } },
      'tool_choice.allowed_tools.tools',
    ],
    [{ tools, parallel_tool_calls: 'no' }, 'parallel_tool_calls'],
  ];
  for (const [fields, param, message = /./] of cases) {
    const error = refusal(dialect, { messages, ...fields });
    assert.equal(error.param, param, `${JSON.stringify(fields).slice(0, 80)}: ${error.message}`);
    assert.match(error.message, message);
  }
  let deep: object = {};
  for (let depth = 0; depth < 5000; depth += 1) deep = { properties: deep };
  assert.match(refusal(dialect, { messages, tools: [tool('now', { parameters: deep })] }).message, /at most 100 deep/);
});

test('refuses what is wrong with calls and results in the history, by name', () => {
  const call = { id: 'a', type: 'function', function: { name: 'now', arguments: '{}' } };
  const assistant = { role: 'assistant', tool_calls: [call] };
  const cases: [object[], string][] = [
    [[{ role: 'tool', content: 'x' }], 'messages[0].tool_call_id'],
    [[{ role: 'tool', content: 'x', tool_call_id: 'a' }], 'messages[0].tool_call_id'],
    [[assistant, { role: 'tool', content: 'x', tool_call_id: 'b' }], 'messages[1].tool_call_id'],
    [[{ role: 'tool', content: 'x', tool_call_id: 'a' }, assistant], 'messages[0].tool_call_id'],
    [[{ role: 'user', content: 'x', tool_calls: [call] }], 'messages[0].tool_calls'],
    [[{ role: 'assistant', tool_calls: [] }], 'messages[0].content'],
    [[{ role: 'assistant', content: null }], 'messages[0].content'],
    [[{ role: 'assistant', tool_calls: [{ ...call, id: 5 }] }], 'messages[0].tool_calls[0].id'],
    [[{ role: 'assistant', tool_calls: [{ ...call, type: 'custom' }] }], 'messages[0].tool_calls[0].type'],
    [
      [{ role: 'assistant', tool_calls: [{ ...call, function: { name: 'now', arguments: {} } }] }],
      'messages[0].tool_calls[0].function.arguments',
    ],
  ];
  for (const [history, param] of cases) assert.equal(refusal(dialect, { messages: history }).param, param);
  parse(dialect, { messages: [assistant, { role: 'tool', content: 'x', tool_call_id: 'a' }] });
  parse(dialect, {
    messages: [
      { ...assistant, content: null },
      { role: 'tool', content: 'x', tool_call_id: 'a' },
    ],
  });
});

const usage = { promptTokens: 5, completionTokens: 9, cachedTokens: 3, reasoningTokens: 2 };
const timings = { queueMs: 1, firstTokenMs: 2, totalMs: 3 };
const called: GenerateResult = {
  choices: [
    {
      text: '',
      reasoning: 'Hm.',
      toolCalls: [
        { id: 'a', name: 'get_weather', arguments: '{"city": "Rome"}' },
        { id: 'b', name: 'now', arguments: '{}' },
      ],
      finishReason: 'tool_calls',
    },
  ],
  usage,
  timings,
};

test('renders thoughts and calls, and null where there is no text', () => {
  const reply = render(dialect, { messages, tools }, called) as { choices: unknown; usage: unknown };
  assert.deepEqual(reply.choices, [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: null,
        reasoning_content: 'Hm.',
        tool_calls: [
          { id: 'a', type: 'function', function: { name: 'get_weather', arguments: '{"city": "Rome"}' } },
          { id: 'b', type: 'function', function: { name: 'now', arguments: '{}' } },
        ],
        refusal: null,
      },
      logprobs: null,
      finish_reason: 'tool_calls',
    },
  ]);
  assert.deepEqual(reply.usage, {
    prompt_tokens: 5,
    completion_tokens: 9,
    total_tokens: 14,
    prompt_tokens_details: { cached_tokens: 3 },
    completion_tokens_details: { reasoning_tokens: 2 },
  });
});

const stream: readonly GenerateEvent[] = [
  { type: 'start', promptTokens: 5 },
  { type: 'reasoning', index: 0, text: 'Hm.' },
  { type: 'delta', index: 0, text: 'See:' },
  { type: 'tool_call', index: 0, call: 0, id: 'a', name: 'get_weather' },
  { type: 'tool_call', index: 0, call: 0, id: 'a', argumentsDelta: '{"city": ' },
  { type: 'tool_call', index: 0, call: 0, id: 'a', argumentsDelta: '"Rome"}' },
  { type: 'tool_call', index: 0, call: 1, id: 'b', name: 'now' },
  { type: 'tool_call', index: 0, call: 1, id: 'b', argumentsDelta: '{}' },
  { type: 'finish', index: 0, reason: 'tool_calls' },
  { type: 'done', usage, timings },
];

test('streams thoughts, text and calls: id, type and name first, then the arguments in pieces', async () => {
  const head =
    'data: {"id":"chatcmpl-r1","object":"chat.completion.chunk","created":1700000000,"model":"fake","system_fingerprint":"fp_hearth","choices":[{"index":0,"delta":';
  const took =
    '{"cache_n":3,"prompt_n":2,"prompt_ms":1,"prompt_per_token_ms":0.5,"prompt_per_second":2000,"predicted_n":9,' +
    '"predicted_ms":1,"predicted_per_token_ms":0.1111111111111111,"predicted_per_second":9000}';
  const deltas = [
    '{"role":"assistant","content":null}',
    '{"reasoning_content":"Hm."}',
    '{"content":"See:"}',
    '{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"get_weather","arguments":""}}]}',
    '{"tool_calls":[{"index":0,"function":{"arguments":"{\\"city\\": "}}]}',
    '{"tool_calls":[{"index":0,"function":{"arguments":"\\"Rome\\"}"}}]}',
    '{"tool_calls":[{"index":1,"id":"b","type":"function","function":{"name":"now","arguments":""}}]}',
    '{"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]}',
  ];
  assert.equal(
    await streamText(dialect, { messages, tools, stream: true }, stream),
    deltas.map((delta) => `${head}${delta},"logprobs":null,"finish_reason":null}]}\n\n`).join('') +
      `${head}{},"logprobs":null,"finish_reason":"tool_calls"}],"timings":${took}}\n\ndata: [DONE]\n\n`,
  );
});

test('reads 200 tools without holding others up', () => {
  const many = Array.from({ length: 200 }, (_, index) =>
    tool(`tool_${index}`, { description: 'Does something useful. '.repeat(20), parameters }),
  );
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now();
    parse(dialect, { messages, tools: many });
    return performance.now() - began;
  });
  assert.ok(Math.min(...times) < 50, `${times.join(' ')} ms`);
});
