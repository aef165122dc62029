import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GbnfAutomaton } from '../../src/grammar/index.ts';
import { chatFormatOf } from '../../src/runtime/chat-format.ts';
import { outputGrammar } from '../../src/runtime/output-grammar.ts';
import { ReasoningReader } from '../../src/runtime/output-reasoning.ts';
import { OutputText } from '../../src/runtime/output.ts';
import { hermes } from '../../src/runtime/tool-formats.ts';

const think = { open: '<think>', close: '</think>' };
const utf8 = new TextEncoder();
const never = new AbortController().signal;

function read(pieces: readonly Uint8Array[], opened: boolean, stop: readonly string[] = []) {
  const output = new OutputText(stop, { reasoning: new ReasoningReader(think, opened) });
  let reasoning = '';
  let text = '';
  for (const piece of [...pieces.map((one) => output.push(one)), output.end()]) {
    reasoning += piece.reasoning ?? '';
    text += piece.text;
  }
  return { reasoning, text };
}

/** The turn split at every position, and byte by byte, gives the same. */
function everySplit(turn: string, opened: boolean, expected: { reasoning: string; text: string }): void {
  const bytes = utf8.encode(turn);
  for (let at = 0; at <= bytes.length; at += 1) {
    assert.deepEqual(read([bytes.subarray(0, at), bytes.subarray(at)], opened), expected, `split at ${at}`);
  }
  assert.deepEqual(
    read(
      Array.from(bytes, (byte) => Uint8Array.of(byte)),
      opened,
    ),
    expected,
  );
}

test('thoughts are told apart, wherever the text is split, and the space around the marks is nobody’s', () => {
  everySplit('\n<think>\nÜber  a <b>.\n\n</think>\n\nDie Antwort.\n', false, {
    reasoning: 'Über  a <b>.',
    text: 'Die Antwort.\n',
  });
});

test('thoughts that the prompt has opened have no mark to begin with', () => {
  everySplit('First a, then b.\n</think>\n\nb', true, { reasoning: 'First a, then b.', text: 'b' });
});

test('an answer without thoughts comes out whole', () => {
  for (const text of ['', 'Hi', ' \n Hi', '<thin', '<thing> <think>x</think>', 'a</think>b']) {
    everySplit(text, false, { reasoning: '', text });
  }
});

test('thoughts that never end are no answer', () => {
  everySplit('<think>on and on </thin', false, { reasoning: 'on and on </thin', text: '' });
  everySplit('', true, { reasoning: '', text: '' });
});

test('empty thoughts are none', () => {
  everySplit('<think>\n\n</think>\n\nHi', false, { reasoning: '', text: 'Hi' });
});

test('a stop string is looked for in the answer alone', () => {
  assert.deepEqual(read([utf8.encode('<think>a STOP b</think>c STOP d')], false, ['STOP']), {
    reasoning: 'a STOP b',
    text: 'c ',
  });
});

test('log probabilities are those of the tokens of the answer', () => {
  const output = new OutputText([], { reasoning: new ReasoningReader(think, false) });
  const told: string[] = [];
  for (const text of ['<think>', 'hm', ' ', '</think>', '\n\n', 'Yes', '.']) {
    const piece = output.push(utf8.encode(text), { id: 1, text, bytes: utf8.encode(text), logprob: -1, top: [] });
    told.push(...(piece.logprobs ?? []).map((one) => one.text));
  }
  told.push(...(output.end().logprobs ?? []).map((one) => one.text));
  assert.deepEqual(told, ['Yes', '.']);
});

test('the marks are known from the template, also where it only cuts old thoughts off', () => {
  assert.deepEqual(chatFormatOf("{{ m.content.split('</think>')[-1] }}").reasoning, think);
  assert.deepEqual(chatFormatOf('[THINK]{{ m.thinking }}[/THINK]').reasoning, { open: '[THINK]', close: '[/THINK]' });
  assert.equal(chatFormatOf('{{ m.content }}').reasoning, undefined);
});

test('a model that has to answer in JSON may think before, and one that the prompt set to thinking comes to an end of it', async () => {
  const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };
  const format = { kind: 'schema', schema, param: 'response_format' } as const;
  const rules = { format, offer: undefined, toolFormat: hermes, reasoning: think };
  const free = new GbnfAutomaton(await outputGrammar({ ...rules, opened: false }, never));
  assert.ok(free.accepts('{"a": 1}'));
  assert.ok(free.accepts('<think>\n1 < 2 </thin\n</think>\n\n{"a": 1}'));
  assert.ok(!free.accepts('<think>1'));
  assert.ok(!free.accepts('Hm. {"a": 1}'));
  const opened = new GbnfAutomaton(await outputGrammar({ ...rules, opened: true }, never));
  assert.ok(opened.accepts('1 < 2\n</think>\n\n{"a": 1}'));
  assert.ok(!opened.accepts('{"a": 1}'));
});

test('a model that may call tools may think before, and end within its thoughts', async () => {
  const offer = { tools: [{ name: 'now', param: 'tools[0]' }], required: false, callable: ['now'], parallel: true };
  const rules = { format: undefined, offer, toolFormat: hermes, reasoning: think, opened: false };
  const call = '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>';
  const auto = new GbnfAutomaton(await outputGrammar(rules, never));
  for (const text of [call, `<think>a ${call} b</think>\n\n${call}`, '<think>a', 'Hi', '<think>a</think>Hi']) {
    assert.ok(auto.accepts(text), text);
  }
  const required = new GbnfAutomaton(await outputGrammar({ ...rules, offer: { ...offer, required: true } }, never));
  assert.ok(required.accepts(`<think>a</think>\n${call}`));
  assert.ok(!required.accepts('<think>a'));
  assert.ok(!required.accepts(`<think>a</think>Hi ${call}`));
});
