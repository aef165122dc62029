import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { TokenLogprob } from '../../src/contract/generate.ts';
import { OutputText } from '../../src/runtime/output.ts';

const utf8 = new TextEncoder();

function token(bytes: Uint8Array): TokenLogprob {
  return { id: 0, text: '', bytes, logprob: -1, top: [] };
}

/** Feeds tokens; each piece of text comes with the tokens that it brought. */
function feed(tokens: readonly TokenLogprob[], stop: readonly string[]): [string, readonly TokenLogprob[]][] {
  const output = new OutputText(stop);
  const pieces: [string, readonly TokenLogprob[]][] = [];
  for (const one of tokens) {
    const piece = output.push(one.bytes, one);
    pieces.push([piece.text, piece.logprobs ?? []]);
    if (piece.stopString !== undefined) return pieces;
  }
  const piece = output.end();
  return [...pieces, [piece.text, piece.logprobs ?? []]];
}

test('log probabilities come with the text of their token', () => {
  const [a, b] = [token(utf8.encode('Hel')), token(utf8.encode('lo'))];
  assert.deepEqual(feed([a, b], []), [
    ['Hel', [a]],
    ['lo', [b]],
    ['', []],
  ]);
});

test('tokens that are parts of one character come with it, in order', () => {
  const [e, h, i] = ['é', '語', 'i'].map((text) => utf8.encode(text)) as [Uint8Array, Uint8Array, Uint8Array];
  const tokens = [
    token(Uint8Array.from([...e, ...h.subarray(0, 1)])),
    token(h.subarray(1, 2)),
    token(Uint8Array.from([...h.subarray(2), ...i])),
  ];
  assert.deepEqual(feed(tokens, []), [
    ['é', []],
    ['', []],
    ['語i', tokens],
    ['', []],
  ]);
});

test('tokens of held back text come with it when it is released', () => {
  const [a, b, c] = ['a\n', 'Use', 'd it'].map((text) => token(utf8.encode(text))) as [
    TokenLogprob,
    TokenLogprob,
    TokenLogprob,
  ];
  assert.deepEqual(feed([a, b, c], ['\nUser:']), [
    ['a', []],
    ['', []],
    ['\nUsed it', [a, b, c]],
    ['', []],
  ]);
});

test('tokens that a stop string cuts are not told, those before it are', () => {
  const tokens = ['one', ' t', 'wo S', 'TOP', ' x'].map((text) => token(utf8.encode(text)));
  const pieces = feed(tokens, ['STOP']);
  assert.deepEqual(pieces.map(([text]) => text).join(''), 'one two ');
  assert.deepEqual(
    pieces.flatMap(([, told]) => told),
    tokens.slice(0, 2),
  );
});

test('half a character at the end comes with its tokens', () => {
  const tokens = [token(utf8.encode('a')), token(utf8.encode('語').subarray(0, 2))];
  assert.deepEqual(feed(tokens, []), [
    ['a', [tokens[0]]],
    ['', []],
    ['\uFFFD', [tokens[1]]],
  ]);
});

test('however a text is cut into tokens, their bytes join to what came out, in every piece up to a character', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'é', '日', '👍', '\n'), maxLength: 20 });
  const stops = fc.constantFrom([], ['a\na'], ['日日', '👍']);
  const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 80, maxLength: 80 });
  fc.assert(
    fc.property(letters, stops, cuts, (text, stop, sizes) => {
      const bytes = utf8.encode(text);
      const tokens: TokenLogprob[] = [];
      for (let at = 0, i = 0; at < bytes.length; i += 1) {
        const size = sizes[i] ?? 1;
        tokens.push(token(bytes.subarray(at, at + size)));
        at += size;
      }
      const pieces = feed(tokens, stop);
      const told = pieces.flatMap(([, list]) => list);
      assert.deepEqual(told, tokens.slice(0, told.length), 'in order, none twice');
      const out = utf8.encode(pieces.map(([one]) => one).join(''));
      const covered = told.reduce((sum, one) => sum + one.bytes.length, 0);
      assert.ok(covered <= out.length, 'a token that was cut is told');
      const next = tokens[told.length]?.bytes.length ?? 0;
      if (covered < out.length) assert.ok(covered + next > out.length, 'a whole token is not told');
      let released = 0;
      let given = 0;
      for (const [one, list] of pieces) {
        released += utf8.encode(one).length;
        given += list.reduce((sum, { bytes: { length } }) => sum + length, 0);
        assert.ok(given <= released, 'before its text');
      }
    }),
    { numRuns: 2000 },
  );
});
