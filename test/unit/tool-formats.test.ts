import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ToolCall, ToolOffer } from '../../src/contract/tools.ts';
import { GbnfAutomaton } from '../../src/grammar/index.ts';
import { chatFormatOf } from '../../src/runtime/chat-format.ts';
import { CallReader } from '../../src/runtime/output-calls.ts';
import { outputGrammar } from '../../src/runtime/output-grammar.ts';
import { OutputText, type OutputPiece } from '../../src/runtime/output.ts';
import { toolFormats, type ToolFormat } from '../../src/runtime/tool-formats.ts';
import { toolTemplates, xmlTemplate } from '../support/tool-templates.ts';

const never = new AbortController().signal;

const offer: ToolOffer = {
  tools: [
    {
      name: 'get_weather',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' }, days: { type: 'integer' } },
        required: ['city'],
      },
      param: 'tools[0].function.parameters',
    },
    { name: 'now', param: 'tools[1].function.parameters' },
  ],
  required: false,
  callable: ['get_weather', 'now'],
  parallel: true,
};

/** A turn of each format, as its models write it, with two calls where a turn may have two. */
const turns: Record<string, string> = {
  hermes:
    'Let me see.\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Zürich }\\" <tool_call>", "days": 2}}\n</tool_call>\n<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>',
  llama3: '{"name": "get_weather", "parameters": {"city": "Zürich }\\" <tool_call>", "days": 2}}',
  'mistral-args':
    'Let me see.\n[TOOL_CALLS]get_weather[ARGS]{"city": "Zürich }\\" <tool_call>", "days": 2}[TOOL_CALLS]now[ARGS]{}',
  'mistral-v3':
    'Let me see.\n[TOOL_CALLS] [{"name": "get_weather", "arguments": {"city": "Zürich }\\" <tool_call>", "days": 2}}, {"name": "now", "arguments": {}}]',
  mistral:
    'Let me see.\n[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Zürich }\\" <tool_call>", "days": 2}}, {"name": "now", "arguments": {}}]',
  'deepseek-v3':
    'Let me see.\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{"city": "Zürich }\\" <tool_call>", "days": 2}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>now\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
  'deepseek-v3.1':
    'Let me see.\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Zürich }\\" <tool_call>", "days": 2}<｜tool▁call▁end｜><｜tool▁call▁begin｜>now<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
};

interface Read {
  text: string;
  calls: ToolCall[];
}

function read(format: ToolFormat, pieces: readonly Uint8Array[], beginning = format.where === 'beginning'): Read {
  let made = 0;
  const reader = new CallReader(format, beginning, () => `id${made++}`);
  const output = new OutputText([], { calls: reader });
  const result: Read = { text: '', calls: [] };
  const add = ({ text, calls = [] }: OutputPiece): void => {
    result.text += text;
    for (const { call, id, name = '', argumentsDelta = '' } of calls) {
      const known = (result.calls[call] ??= { id, name: '', arguments: '' });
      assert.equal(known.id, id);
      known.name += name;
      known.arguments += argumentsDelta;
    }
  };
  for (const piece of pieces) add(output.push(piece));
  add(output.end());
  return result;
}

const utf8 = new TextEncoder();
const grammarOf = (toolFormat: ToolFormat, of: ToolOffer): Promise<string> =>
  outputGrammar({ format: undefined, offer: of, toolFormat, reasoning: undefined, opened: false }, never);

function formatNamed(name: string): ToolFormat {
  const format = toolFormats.find((one) => one.name === name);
  assert.ok(format, name);
  return format;
}

test('each format is recognised by a template in its syntax', () => {
  assert.deepEqual(Object.keys(toolTemplates).toSorted(), toolFormats.map(({ name }) => name).toSorted());
  for (const [name, template] of Object.entries(toolTemplates)) {
    assert.deepEqual(chatFormatOf(template).toolFormat.name, name);
    assert.equal(chatFormatOf(template).native, true);
  }
});

test('a template that knows no tools, or an unknown syntax for them, has tools described in a system message', () => {
  for (const template of [undefined, '{{ messages[0].content }}', xmlTemplate]) {
    const { toolFormat, native } = chatFormatOf(template);
    assert.deepEqual([toolFormat.name, native], ['hermes', false]);
  }
});

for (const format of toolFormats) {
  const turn = turns[format.name] ?? '';
  const expected: Read = {
    text: format.where === 'beginning' ? '' : 'Let me see.',
    calls: [{ id: 'id0', name: 'get_weather', arguments: '{"city": "Zürich }\\" <tool_call>", "days": 2}' }],
  };
  if (format.next !== undefined) expected.calls.push({ id: 'id1', name: 'now', arguments: '{}' });

  test(`${format.name}: the grammar takes the turn of a model, and no call that breaks a schema`, async () => {
    const grammar = new GbnfAutomaton(await grammarOf(format, offer));
    assert.ok(grammar.accepts(turn), turn);
    assert.ok(grammar.accepts('Just some text with { and [ and <.'));
    assert.ok(!grammar.accepts(turn.replace('"days": 2', '"days": "2"')));
    assert.ok(!grammar.accepts(turn.replace('get_weather', 'get_news')));
    assert.ok(!grammar.accepts(turn.replace('"city"', '"town"')));
    assert.ok(!grammar.accepts(`${turn} more`));
    assert.ok(!grammar.accepts(turn.slice(0, -1)) || format.close === '');
  });

  test(`${format.name}: a call that is required comes at once, one alone where calls are not parallel`, async () => {
    const required = new GbnfAutomaton(await grammarOf(format, { ...offer, required: true }));
    const call = turn.slice(expected.text.length).trimStart();
    assert.ok(required.accepts(call));
    assert.ok(!required.accepts(turn) || call === turn);
    assert.ok(!required.accepts(''));
    const single = new GbnfAutomaton(await grammarOf(format, { ...offer, required: true, parallel: false }));
    assert.equal(single.accepts(call), format.next === undefined);
    const named = new GbnfAutomaton(await grammarOf(format, { ...offer, required: true, callable: ['now'] }));
    assert.ok(!named.accepts(call));
  });

  test(`${format.name}: a turn is read as text and calls, wherever it is split`, () => {
    const bytes = utf8.encode(turn);
    assert.deepEqual(read(format, [bytes]), expected);
    for (let at = 1; at < bytes.length; at += 1) {
      assert.deepEqual(read(format, [bytes.subarray(0, at), bytes.subarray(at)]), expected);
    }
    assert.deepEqual(
      read(
        format,
        Array.from(bytes, (byte) => Uint8Array.of(byte)),
      ),
      expected,
    );
  });

  test(`${format.name}: a turn that is cut off anywhere tells what there was of it`, () => {
    const bytes = utf8.encode(turn);
    for (let length = 0; length < bytes.length; length += 1) {
      const { text, calls } = read(format, [bytes.subarray(0, length)]);
      const cut = new TextDecoder().decode(bytes.subarray(0, length));
      assert.ok(text.startsWith(expected.text) || expected.text.startsWith(text) || text === cut, text);
      for (const [index, call] of calls.entries()) {
        assert.equal(call.name, expected.calls[index]?.name);
        const whole = expected.calls[index]?.arguments ?? '';
        assert.ok(whole.startsWith(call.arguments.replace(/\uFFFD$/, '')), call.arguments);
      }
    }
  });
}

test('text that only begins like a mark comes out whole', () => {
  const hermes = formatNamed('hermes');
  for (const text of ['a <tool', ' <tool_cal l>', '\n\n<tool_call', 'x \n ', ' \n']) {
    for (const pieces of [[utf8.encode(text)], Array.from(utf8.encode(text), (byte) => Uint8Array.of(byte))]) {
      assert.deepEqual(read(hermes, pieces), { text, calls: [] });
    }
  }
  const llama = formatNamed('llama3');
  for (const text of ['{"name', '{"names": 1}', 'a {"name": "b"']) {
    assert.deepEqual(
      read(
        llama,
        Array.from(utf8.encode(text), (byte) => Uint8Array.of(byte)),
      ),
      { text, calls: [] },
    );
  }
});

test('text is handed out as soon as it cannot be a mark', () => {
  const output = new OutputText([], { calls: new CallReader(formatNamed('hermes'), false, () => 'id') });
  assert.equal(output.push(utf8.encode('Hello')).text, 'Hello');
  assert.equal(output.push(utf8.encode(' <tool')).text, '');
  assert.equal(output.push(utf8.encode('s>')).text, ' <tools>');
});

test('a stop string is looked for in the text, and not in what a call says', () => {
  const output = new OutputText(['STOP', '}'], { calls: new CallReader(formatNamed('hermes'), false, () => 'id') });
  const piece = output.push(utf8.encode('ST<tool_call>\n{"name": "now", "arguments": {"a": "STOP"}}\n</tool_call>'));
  assert.equal(piece.text, 'ST');
  assert.equal(piece.stopString, undefined);
  assert.equal(piece.calls?.map(({ argumentsDelta = '' }) => argumentsDelta).join(''), '{"a": "STOP"}');
  const stopped = new OutputText(['STOP'], { calls: new CallReader(formatNamed('hermes'), false, () => 'id') });
  assert.deepEqual(stopped.push(utf8.encode('a STOP b<tool_call>')), { text: 'a ', stopString: 'STOP' });
});

test('the first name of a tool that begins with that of another is not taken for it', async () => {
  const tools = ['get', 'get_weather'].map((name, index) => ({ name, param: `tools[${index}]` }));
  const grammar = new GbnfAutomaton(
    await grammarOf(formatNamed('mistral-args'), {
      tools,
      required: true,
      callable: ['get', 'get_weather'],
      parallel: false,
    }),
  );
  assert.ok(grammar.accepts('[TOOL_CALLS]get[ARGS]{}'));
  assert.ok(grammar.accepts('[TOOL_CALLS]get_weather[ARGS]{}'));
  assert.ok(!grammar.accepts('[TOOL_CALLS]get_[ARGS]{}'));
});
