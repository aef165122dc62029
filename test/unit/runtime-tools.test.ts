import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { collect } from '../../src/contract/collect.ts';
import type { ChatPrompt, GenerateEvent, GenerateRequest } from '../../src/contract/generate.ts';
import type { Model } from '../../src/contract/model.ts';
import type { ToolOffer } from '../../src/contract/tools.ts';
import { OutputGrammars } from '../../src/runtime/output-grammars.ts';
import { hermes } from '../../src/runtime/tool-formats.ts';
import { scriptedModel } from '../support/scripted-model.ts';
import { toolTemplates } from '../support/tool-templates.ts';

const never = new AbortController().signal;
const weather = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const offer: ToolOffer = {
  tools: [
    { name: 'get_weather', description: 'Of a city.', parameters: weather, param: 'tools[0].function.parameters' },
  ],
  required: false,
  callable: ['get_weather'],
  parallel: true,
};
const chat = (prompt: Partial<ChatPrompt> = {}): ChatPrompt => ({
  kind: 'chat',
  messages: [{ role: 'user', content: 'Hi' }],
  ...prompt,
});

function request(given: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    prompt: chat(),
    n: 1,
    silentTemperature: 1,
    minTokens: 0,
    ignoreEos: false,
    sampling: {},
    stop: [],
    splitReasoning: true,
    names: { maxTokens: 'max_tokens', maxTotalTokens: 'max_tokens', minTokens: 'min_tokens', n: 'n' },
    ...given,
  };
}

function run(model: Model, given: Partial<GenerateRequest> = {}): AsyncIterable<GenerateEvent> {
  const events = model.generate?.(request(given), never);
  assert.ok(events);
  return events;
}

const turn = 'I look.\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call>';

test('a turn that calls a tool ends with tool_calls, its call told in pieces', async () => {
  const { model, requests } = scriptedModel({ turns: [turn] });
  const calls: GenerateEvent[] = [];
  let text = '';
  for await (const event of run(model, { prompt: chat({ tools: offer }) })) {
    if (event.type === 'delta') text += event.text;
    if (event.type === 'tool_call') calls.push(event);
    if (event.type === 'finish') assert.deepEqual(event.reason, 'tool_calls');
  }
  assert.equal(text, 'I look.');
  const [first, ...rest] = calls.map((event) => (event.type === 'tool_call' ? event : assert.fail()));
  assert.equal(first?.name, 'get_weather');
  assert.match(first.id, /^call_[0-9a-f]{32}$/);
  assert.ok(rest.every(({ id, name, call }) => id === first.id && name === undefined && call === 0));
  assert.equal(rest.map(({ argumentsDelta }) => argumentsDelta).join(''), '{"city": "Rome"}');
  assert.ok(rest.length > 5);
  assert.match(requests[0]?.grammar?.gbnf ?? '', /get_weather/);
});

test('a collected turn has its calls whole, and a call that the limit cut off says length', async () => {
  const { model } = scriptedModel({ turns: [turn] });
  const whole = await collect(run(model, { prompt: chat({ tools: offer }) }));
  const [choice] = whole.choices;
  assert.deepEqual(
    choice?.toolCalls?.map(({ id: _id, ...call }) => call),
    [{ name: 'get_weather', arguments: '{"city": "Rome"}' }],
  );
  const cut = await collect(run(model, { prompt: chat({ tools: offer }), maxTokens: turn.indexOf('Rome') + 2 }));
  assert.equal(cut.choices[0]?.finishReason, 'length');
  assert.equal(cut.choices[0].toolCalls?.[0]?.arguments, '{"city": "Ro');
});

test('what looks like a call is text where no tools are offered', async () => {
  const { model, requests } = scriptedModel({ turns: [turn] });
  const { choices } = await collect(run(model));
  assert.deepEqual([choices[0]?.text, choices[0]?.finishReason], [turn, 'stop']);
  assert.equal(requests[0]?.grammar, undefined);
});

test('a mark that is a special token is read as such', async () => {
  const { model } = scriptedModel({
    turns: ['[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Rome"}}]'],
    template: toolTemplates['mistral'] ?? '',
    specialTexts: ['[TOOL_CALLS]', '[INST]', '[/INST]'],
  });
  const { choices } = await collect(run(model, { prompt: chat({ tools: offer }) }));
  assert.deepEqual(
    [choices[0]?.text, choices[0]?.finishReason, choices[0]?.toolCalls?.[0]?.arguments],
    ['', 'tool_calls', '{"city": "Rome"}'],
  );
  assert.match(choices[0]?.toolCalls?.[0]?.id ?? '', /^[0-9a-f]{9}$/);
});

test('thoughts come as reasoning and are counted, also before a call', async () => {
  const template = `{{ messages[0].content }}<think></think>`;
  const { model } = scriptedModel({ turns: [`<think>Hm.</think>\n\n${turn}`], template });
  const { choices, usage } = await collect(run(model, { prompt: chat({ tools: offer }) }));
  assert.deepEqual([choices[0]?.reasoning, choices[0]?.text], ['Hm.', 'I look.']);
  assert.equal(choices[0]?.toolCalls?.length, 1);
  assert.equal(usage.reasoningTokens, '<think>Hm.</think>'.length - '<think'.length);
});

test('a prompt that ends with the opening mark begins within the thoughts', async () => {
  const template = `{{ messages[0].content }}{% if enable_thinking is not defined or enable_thinking %}<think>\n{% else %}<think></think>{% endif %}`;
  const { model, promptOf, requests } = scriptedModel({ turns: ['Hm.\n</think>\n\nYes.', 'Yes.'], template });
  const thought = await collect(run(model));
  assert.deepEqual([thought.choices[0]?.reasoning, thought.choices[0]?.text], ['Hm.', 'Yes.']);
  const variables = { enable_thinking: false };
  const plain = await collect(run(model, { prompt: chat({ variables }) }));
  assert.deepEqual([plain.choices[0]?.reasoning, plain.choices[0]?.text], [undefined, 'Yes.']);
  assert.equal(promptOf(requests[1]), 'Hi<think></think>');
});

test('thoughts stay in the text where nobody asked to split them', async () => {
  const template = `{{ messages[0].content }}<think></think>`;
  const { model } = scriptedModel({ turns: ['<think>Hm.</think>Yes.'], template });
  const { choices, usage } = await collect(run(model, { splitReasoning: false }));
  assert.equal(choices[0]?.text, '<think>Hm.</think>Yes.');
  assert.equal(usage.reasoningTokens, undefined);
});

test('stop strings cut text and what a grammar of the client holds, never JSON', async () => {
  const { model } = scriptedModel({ turns: ['{"a": 1}'] });
  const stop = [': '];
  const schema = { type: 'object', properties: { a: { type: 'integer' } } };
  const textOf = async (format: GenerateRequest['format']): Promise<string | undefined> =>
    (await collect(run(model, { stop, format }))).choices[0]?.text;
  assert.equal(await textOf(undefined), '{"a"');
  assert.equal(await textOf({ kind: 'grammar', gbnf: 'root ::= .*', param: 'grammar' }), '{"a"');
  assert.equal(await textOf({ kind: 'schema', schema, param: 'response_format' }), '{"a": 1}');
  assert.equal(await textOf({ kind: 'json', param: 'response_format' }), '{"a": 1}');
});

async function refusal(given: Partial<GenerateRequest>, template?: string): Promise<InferenceError> {
  const { model, requests } = scriptedModel({ turns: ['x'], ...(template !== undefined && { template }) });
  try {
    await collect(run(model, given));
  } catch (error) {
    assert.ok(error instanceof InferenceError, String(error));
    assert.equal(requests.length, 0);
    return error;
  }
  throw new Error('accepted');
}

test('what cannot be kept to is refused before a slot is taken', async () => {
  const broken = {
    ...offer,
    tools: [{ name: 'f', parameters: { properties: { a: { not: {} } } }, param: 'tools[0].function.parameters' }],
  };
  const cases: [Partial<GenerateRequest>, string, RegExp][] = [
    [{ prompt: chat({ tools: { ...broken, callable: ['f'] } }) }, 'tools[0].function.parameters', /tool f .*"not"/],
    [{ format: { kind: 'schema', schema: { type: 'strin' }, param: 'a.schema' } }, 'a.schema', /"type".*strin/],
    [{ format: { kind: 'grammar', gbnf: 'root ::= "a', param: 'grammar' } }, 'grammar', /GBNF/],
    [{ format: { kind: 'grammar', gbnf: 'root ::= b', param: 'grammar' } }, 'grammar', /rule b is not defined/],
    [{ format: { kind: 'grammar', gbnf: `root ::= "${'a'.repeat(9000)}"{999}`, param: 'grammar' } }, 'grammar', /999/],
    [{ format: { kind: 'json', param: 'x' }, ignoreEos: true }, 'ignore_eos', /leave it out/],
    [{ prompt: chat({ tools: offer }), minTokens: 3 }, 'min_tokens', /leave it out/],
  ];
  for (const [given, param, message] of cases) {
    const error = await refusal(given);
    assert.deepEqual([error.code, error.param], ['invalid_request', param]);
    assert.match(error.message, message);
  }
});

test('a model that writes calls as plain JSON cannot tell them from a JSON answer', async () => {
  const given = { prompt: chat({ tools: offer }), format: { kind: 'json', param: 'response_format' } } as const;
  assert.match((await refusal(given, toolTemplates['llama3'])).message, /send one of them/);
});

test('grammars are made once for the same tools, and the oldest forgotten', async () => {
  let checked = 0;
  const grammars = new OutputGrammars(() => (checked += 1));
  const rules = { format: undefined, offer, toolFormat: hermes, reasoning: undefined, opened: false };
  const first = await grammars.find(rules, never);
  assert.equal(await grammars.find({ ...rules, offer: structuredClone(offer) }, never), first);
  assert.equal(checked, 1);
  await grammars.find({ ...rules, offer: { ...offer, required: true } }, never);
  assert.equal(checked, 2);
  const long = (index: number) =>
    ({ kind: 'grammar', gbnf: `root ::= "${String(index).repeat(90_000)}"`, param: 'g' }) as const;
  for (let index = 0; index < 60; index += 1)
    await grammars.find({ ...rules, format: long(index % 10), offer: undefined, opened: index > 9 }, never);
  const before = checked;
  await grammars.find(rules, never);
  assert.equal(checked, before, 'still known');
});

test('many tools let others have their turn while their grammar is made', async () => {
  const parameters = {
    type: 'object',
    properties: { day: { type: 'string', format: 'date' }, count: { type: 'integer', minimum: 1, maximum: 100 } },
  };
  const tools = Array.from({ length: 200 }, (_, index) => ({
    name: `tool_${index}`,
    parameters,
    param: `tools[${index}]`,
  }));
  const grammars = new OutputGrammars(() => {});
  const many = { ...offer, tools, callable: tools.map(({ name }) => name) };
  let longest = 0;
  let last = performance.now();
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  await grammars.find(
    { format: undefined, offer: many, toolFormat: hermes, reasoning: undefined, opened: false },
    never,
  );
  clearInterval(beat);
  // 50 ms are the goal on an idle machine; this one may be busy.
  assert.ok(longest < 250, `${longest} ms`);
});
