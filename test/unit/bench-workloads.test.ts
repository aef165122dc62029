import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, Ask } from '../../src/bench/target.ts';
import { agentsWorkload, chatWorkload } from '../../src/bench/workloads.ts';

const chat = { promptTokens: 40, maxTokens: 8, seed: '1/0' };
const agents = { ...chat, promptTokens: 3, sharedTokens: 20, turns: 2 };

function answer(text: string): Answer {
  const counts = { promptTokens: 1, cachedTokens: 0, completionTokens: 1 };
  return { text, firstTokenMs: 1, totalMs: 1, pieceMs: [1], ...counts };
}

function messages({ prompt }: Ask) {
  assert.ok(typeof prompt !== 'string');
  return prompt;
}

test('chat prompts have their number of words, and no two begin alike', () => {
  const { ask } = chatWorkload(chat);
  const prompts = Array.from({ length: 200 }, (_, number) => ask(number % 8, Math.floor(number / 8)).prompt);
  for (const prompt of prompts) assert.equal(String(prompt).split(' ').length, 40);
  const beginnings = prompts.map((prompt) => String(prompt).split(' ').slice(0, 5).join(' '));
  assert.equal(new Set(beginnings).size, prompts.length);
  assert.deepEqual([ask(0, 0).maxTokens, ask(0, 0).ignoreEos], [8, true]);
});

test('the same seed asks the same, another seed something else', () => {
  for (const make of [chatWorkload, () => agentsWorkload(agents)]) {
    assert.deepEqual(make(chat).ask(1, 2), make(chat).ask(1, 2));
  }
  assert.notEqual(chatWorkload({ ...chat, seed: '2/0' }).ask(0, 0).prompt, chatWorkload(chat).ask(0, 0).prompt);
  // A change here makes results incomparable with older ones.
  assert.equal(chatWorkload({ ...chat, promptTokens: 4 }).ask(0, 0).prompt, 'job time school team');
});

test('agents share their system prompt and go on from the real replies', () => {
  const workload = agentsWorkload(agents);
  const first = messages(workload.ask(0, 0));
  assert.deepEqual(
    first.map(({ role, content }) => [role, content.split(' ').length]),
    [
      ['system', 20],
      ['user', 3],
    ],
  );
  workload.onAnswer(0, 0, answer('Yes.'));
  const other = messages(workload.ask(1, 0));
  assert.deepEqual(other[0], first[0]);
  assert.notDeepEqual(other[1], first[1]);
  const second = messages(workload.ask(0, 1));
  assert.deepEqual(second.slice(0, 3), [...first, { role: 'assistant', content: 'Yes.' }]);
  assert.equal(second.length, 4);
  workload.onAnswer(0, 1, answer('No.'));
  const next = messages(workload.ask(0, 2));
  assert.deepEqual(next[0], first[0]);
  assert.equal(next.length, 2);
  assert.notDeepEqual(next[1], first[1]);
});

test('an agent whose request failed is given up', () => {
  const workload = agentsWorkload({ ...agents, sharedTokens: 0, turns: 9 });
  assert.equal(messages(workload.ask(0, 0)).length, 1);
  assert.equal(messages(workload.ask(0, 1)).length, 1);
});
