import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { FakeStepper } from '../support/fake-stepper.ts';
import { letterModel } from '../support/letter-model.ts';

const never = new AbortController().signal;
const model = letterModel(new FakeStepper({ contextSize: 10 }), 'letters', { bos: 7 });
const text = model.text ?? assert.fail();
const plain = { addSpecial: false, parseSpecial: true, name: 'content' };

test('texts and ids become tokens, a BOS first where asked and the beginning is a text', async () => {
  assert.deepEqual(await text.tokenize(['ab'], plain, never), [97, 98]);
  assert.deepEqual(await text.tokenize(['ab', 5, 'c'], { ...plain, addSpecial: true }, never), [7, 97, 98, 5, 99]);
  assert.deepEqual(await text.tokenize([5, 'c'], { ...plain, addSpecial: true }, never), [5, 99]);
  assert.deepEqual(await text.tokenize([], { ...plain, addSpecial: true }, never), []);
});

test('a text may be longer than the context, and another turn gets its turn in between', async () => {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 0);
  const tokens = await text.tokenize(['a'.repeat(500_000)], plain, never);
  clearInterval(timer);
  assert.equal(tokens.length, 500_000);
  assert.ok(turns > 0, `${turns} turns`);
  assert.equal(await text.count({ kind: 'text', text: 'a'.repeat(50) }, never), 51);
});

test('a client that left stops the work', async () => {
  const left = AbortSignal.abort(new InferenceError('aborted', 'Gone.'));
  await assert.rejects(text.tokenize(['a'], plain, left), /Gone/);
});

test('tokens become text again; an id that is none is refused', async () => {
  assert.equal(await text.detokenize([0, 1, 26], 'tokens', never), 'aba');
  assert.deepEqual(await text.pieces([0, 1], never), [Uint8Array.of(97), Uint8Array.of(98)]);
  for (const id of [-1, 1.5, 65_536]) {
    await assert.rejects(text.detokenize([id], 'tokens', never), /There is no token .* 0 to 65535/);
  }
  const many = Array.from({ length: 20_000 }, (_, index) => index % 26);
  assert.equal((await text.detokenize(many, 'tokens', never)).length, 20_000);
  assert.equal((await text.pieces(many, never)).length, 20_000);
});

test('renders messages as the model is given them', () => {
  const messages = [{ role: 'user' as const, content: 'Hi' }];
  assert.equal(text.render({ kind: 'chat', messages }), 'user: Hi\n');
  assert.equal(text.render({ kind: 'tokens', items: ['x', 0] }), 'xa');
});
