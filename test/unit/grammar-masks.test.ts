import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LAST_CODE_POINT } from '../../src/grammar/char-set.ts';
import {
  advanceBytes,
  beginning,
  GbnfAutomaton,
  type GrammarPosition,
  mayEnd,
  TokenMasks,
  TokenTrie,
} from '../../src/grammar/index.ts';
import { BETWEEN, bytesToCome, extend, firstOf, lastOf, MALFORMED } from '../../src/grammar/utf8-prefix.ts';
import { alphabet, randomGrammar } from '../support/random-grammar.ts';
import { everyByte } from '../support/sampling-vocabulary.ts';

const utf8 = new TextEncoder();
const points = alphabet.map((char) => char.codePointAt(0) ?? 0);
// Every range of a random grammar begins and ends at one of these.
const candidates = [...new Set(points.flatMap((point) => [point - 1, point, point + 1]))].filter(
  (point) => point <= LAST_CODE_POINT && (point < 0xd800 || point > 0xdfff),
);
const bytesOf = (point: number): Uint8Array => utf8.encode(String.fromCodePoint(point));

/** Tokens of all sorts: bytes alone, characters, beginnings of characters behind others, several with the same bytes, none. */
const tokens: Uint8Array[] = [
  ...everyByte,
  ...alphabet.map((char) => utf8.encode(char)),
  ...alphabet.flatMap((char) => alphabet.slice(0, 6).map((other) => utf8.encode(other + char).slice(0, -1))),
  ...alphabet.map((char) => utf8.encode(char).slice(1)),
  ...['aa', 'ab', 'aab', 'bbbbbb', 'é€', '한😀', '"a"', 'ab'].map((text) => utf8.encode(text)),
];

/** The first character that begins with these bytes; a range that holds some of those has it, or an end among them. */
function smallest(begun: Uint8Array): number[] {
  const [lead = 0] = begun;
  const missing = (lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4) - begun.length;
  for (const next of [0x80, 0x90, 0xa0]) {
    try {
      const bytes = [...begun, next, 0x80, 0x80].slice(0, begun.length + missing);
      return [
        new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)).codePointAt(0) ?? 0,
      ];
    } catch {
      // Too long a form of a smaller character.
    }
  }
  return [];
}

/** Whether some text of the grammar begins with these bytes; found by decoding them and trying characters. */
function begins(automaton: GbnfAutomaton, bytes: Uint8Array): boolean {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    return false;
  }
  let state: GbnfAutomaton['start'] | undefined = automaton.start;
  for (const char of text) state = state?.advance(char.codePointAt(0) ?? 0);
  const rest = bytes.subarray(utf8.encode(text).length);
  if (state === undefined || rest.length === 0) return state !== undefined;
  const here = state;
  return [...candidates, ...smallest(rest)].some(
    (point) =>
      rest.every((byte, at) => bytesOf(point)[at] === byte) &&
      bytesOf(point).length > rest.length &&
      here.advance(point) !== undefined,
  );
}

function idsOf(mask: Uint32Array): number[] {
  return tokens.flatMap((_, id) => (((mask[id >> 5] ?? 0) >>> (id & 31)) & 1 ? [id] : []));
}

/** Asserts something of a grammar, unless it is one of those that leave too many choices. */
function unlessAmbiguous(check: () => void): void {
  try {
    check();
  } catch (error) {
    fc.pre(!(error instanceof Error && /too many choices/.test(error.message)));
    throw error;
  }
}

function parsed(gbnf: string): GbnfAutomaton | undefined {
  try {
    return new GbnfAutomaton(gbnf);
  } catch {
    return undefined;
  }
}

describe('masks of tokens', () => {
  const trie = new TokenTrie(tokens.length, (id) => tokens[id] ?? new Uint8Array());

  let places = 0;
  let partial = 0;
  /** Goes through a random text of the grammar, token by token. */
  const walk = (automaton: GbnfAutomaton, choices: fc.Stream<number>) => {
    const masks = new TokenMasks(trie);
    let position: GrammarPosition = beginning(automaton);
    let written = new Uint8Array();
    for (let step = 0; step < 4; step += 1) {
      const allowed: number[] = tokens.flatMap((token, id) =>
        token.length > 0 && begins(automaton, Uint8Array.from([...written, ...token])) ? [id] : [],
      );
      const first = idsOf(masks.at(position));
      assert.deepEqual(first, allowed);
      assert.deepEqual(idsOf(masks.at(position)), first, 'remembered');
      const alone = tokens.flatMap((token, id) => (token.length > 0 && advanceBytes(position, token) ? [id] : []));
      assert.deepEqual(alone, allowed);
      const whole = position.prefix === BETWEEN;
      assert.equal(
        mayEnd(position),
        whole && automaton.accepts(new TextDecoder('utf-8', { ignoreBOM: true }).decode(written)),
      );
      places += 1;
      if (!whole) partial += 1;
      const token = tokens[allowed[choices.next().value % allowed.length] ?? -1];
      const behind = token && advanceBytes(position, token);
      if (token === undefined || behind === undefined) break;
      written = Uint8Array.from([...written, ...token]);
      position = behind;
    }
  };

  it('hold what every token alone, tried character by character, says for any grammar and text', () => {
    const property = fc.property(randomGrammar, fc.infiniteStream(fc.nat()), (gbnf, choices) => {
      const automaton = parsed(gbnf);
      fc.pre(automaton !== undefined);
      unlessAmbiguous(() => walk(automaton, choices));
    });
    fc.assert(property, { numRuns: 300 });
    assert.ok(places > 300 && partial > 20, `${places} places, ${partial} of them within a character`);
  });

  it('stay right when more places were asked for than are remembered', () => {
    const masks = new TokenMasks(trie, 1000);
    const automaton = new GbnfAutomaton('root ::= "a"{40}');
    let position: GrammarPosition | undefined = beginning(automaton);
    for (let length = 0; position !== undefined && length < 40; length += 1) {
      const allowed = idsOf(masks.at(position));
      const wanted = tokens.flatMap((token, id) =>
        token.length > 0 && token.length <= 40 - length && token.every((byte) => byte === 0x61) ? [id] : [],
      );
      assert.deepEqual(allowed, wanted);
      position = advanceBytes(position, Uint8Array.of(0x61));
    }
  });
});

describe('characters byte by byte', () => {
  it('come out as they went in', () => {
    for (let point = 0; point <= LAST_CODE_POINT; point += point < 0x3000 ? 1 : 97) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      let prefix = BETWEEN;
      for (const byte of bytesOf(point)) {
        assert.ok(prefix === BETWEEN || bytesToCome(prefix) > 0);
        prefix = extend(prefix, byte);
        assert.ok(firstOf(prefix) <= point && point <= lastOf(prefix));
      }
      assert.deepEqual([bytesToCome(prefix), firstOf(prefix), lastOf(prefix)], [0, point, point]);
    }
  });

  it('are refused at the byte with which a decoder refuses them', () => {
    const byte = fc.oneof(
      fc.constantFrom(0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xf5),
      fc.nat(255),
    );
    const property = fc.property(fc.array(byte, { minLength: 1, maxLength: 5 }), (bytes) => {
      let prefix = BETWEEN;
      for (const one of bytes) {
        prefix = extend(prefix !== MALFORMED && bytesToCome(prefix) === 0 ? BETWEEN : prefix, one);
        if (prefix === MALFORMED) break;
      }
      let valid = true;
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(bytes), { stream: true });
      } catch {
        valid = false;
      }
      assert.equal(prefix !== MALFORMED, valid, bytes.map((one) => one.toString(16)).join(' '));
    });
    fc.assert(property, { numRuns: 20_000 });
  });
});
