import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Sampling } from '../../src/contract/generate.ts';
import type { TokenRequest } from '../../src/contract/tokens.ts';
import { Random } from '../../src/engines/onnx/sampling/random.ts';
import { RowSampler } from '../../src/engines/onnx/sampling/sampler.ts';
import { SamplingModel } from '../../src/engines/onnx/sampling/sampling-model.ts';
import { everyByte, vocabularyOf } from '../support/sampling-vocabulary.ts';
import { deviation, distribution } from '../support/sampling-reference.ts';
import { greedy } from '../support/token-requests.ts';

const END = '<|end|>';
const CALL = '<|call|>';
const THINK = '<|think|>';
const words = [
  END,
  CALL,
  THINK,
  'a',
  'b',
  'ab',
  'abc',
  'c',
  '1',
  '12',
  ' ',
  '"',
  '{',
  '}',
  '{"',
  '":',
  '",',
  '[',
  ']',
  ', ',
];
/** Ends within a character. */
const half = Uint8Array.of(0x61, 0xf0, 0x9f);
const HALF = '61f09f';
const texts = [...words, 'true', 'null', 'name', 'é', '日本', '"}', '', half, ...everyByte];
const model = new SamplingModel(vocabularyOf(texts, { ends: [END], control: [CALL, THINK] }));
const { vocabulary } = model;
const { size } = vocabulary;
const idOf = (text: string | Uint8Array | undefined): number => texts.indexOf(text ?? END);

function begun(gbnf: string, sampling: Partial<Sampling> = {}, request: Partial<TokenRequest> = {}): RowSampler {
  const sampler = new RowSampler(model);
  const grammar = { gbnf, special: [] };
  sampler.begin({
    prompt: [3],
    maxTokens: 100,
    minTokens: 0,
    grammar,
    ...request,
    sampling: { ...greedy, ...sampling },
  });
  return sampler;
}

/** The texts that greedy sampling gives for one set of wishes in all places, until the end. */
function written(sampler: RowSampler, wishes: Readonly<Record<string, number>>, most = 20): string[] {
  const tokens: string[] = [];
  while (tokens.length < most) {
    const result = sampler.sample(rowOf(wishes));
    if ('stuck' in result) return [...tokens, result.stuck.message];
    const text = texts[result.id];
    tokens.push(typeof text === 'string' ? text : Buffer.from(text ?? []).toString('hex'));
    if (vocabulary.endTokens.has(result.id)) break;
  }
  return tokens;
}

function rowOf(wishes: Readonly<Record<string, number>>): Float32Array {
  const row = new Float32Array(size);
  for (const [text, logit] of Object.entries(wishes)) row[text === HALF ? idOf(half) : idOf(text)] = logit;
  return row;
}

const STUCK = 'No token of this model fits the grammar any more; change the grammar, or what bans its tokens.';

describe('a grammar', () => {
  it('bans what does not fit, and takes the likeliest of the rest', () => {
    const wishes = { c: 9, [CALL]: 8, [END]: 7, ab: 6, a: 5, abc: 4, '': 10 };
    assert.deepEqual(written(begun('root ::= "abab" [0-9]'), { ...wishes, '12': 3, '1': 2 }), ['ab', 'ab', '1', END]);
  });

  it('lets a text end where it is whole, and only there', () => {
    assert.deepEqual(written(begun('root ::= "a"{2,3}'), { [END]: 9, a: 8 }), ['a', 'a', END]);
    assert.deepEqual(written(begun('root ::= "a"{2,3}'), { [END]: 7, a: 8 }), ['a', 'a', 'a', END]);
    assert.deepEqual(written(begun('root ::= ""'), { a: 8 }), [END]);
  });

  it('takes control tokens by their names, where the request names them', () => {
    const gbnf = `root ::= "a${CALL}" ("b" | "${THINK}" | "c")`;
    const wishes = { [CALL]: 9, [THINK]: 9, a: 8, c: 5, [END]: 1 };
    const special = begun(gbnf, {}, { grammar: { gbnf, special: [CALL] } });
    assert.deepEqual(written(special, wishes), ['a', CALL, 'c', END]);
    assert.deepEqual(written(begun(gbnf), wishes, 3), ['a', '3c', '7c'], 'the bytes of its name');
  });

  it('never takes an end for its name', () => {
    const tokens = written(begun(`root ::= "${END}" "a"`), { [END]: 9 }, 100);
    assert.equal(tokens[0], '3c');
    assert.deepEqual(tokens.slice(-2), ['a', END]);
  });

  it('goes on within a character that a token ended in', () => {
    const utf8 = [...Buffer.from('é日😀')].map((byte) => byte.toString(16));
    const wishes = { [END]: 9, é: -9, 日本: 20, a: 8 };
    assert.deepEqual(written(begun('root ::= "é日😀"'), wishes), [...utf8, END]);
    const one = ['é', ...utf8.slice(2, 5), 'b', END];
    assert.deepEqual(written(begun('root ::= "é日" [^aé本]'), { ...wishes, é: 9 }), one);
    assert.deepEqual(written(begun('root ::= "a" [é😀]'), { [HALF]: 9 }), [HALF, '98', '80', END]);
  });

  it('is stuck, with a sentence, where its tokens are banned or the model has none', () => {
    const logitBias = ['b', 'ab', everyByte[0x62]].map((text) => ({ id: idOf(text), bias: -Infinity }));
    assert.deepEqual(written(begun('root ::= "a" "b"', {}, { logitBias }), { a: 1 }), ['a', STUCK]);
    assert.deepEqual(written(begun('root ::= "a" "b"', { temperature: 1 }, { logitBias }), { a: 1 }), ['a', STUCK]);
    assert.deepEqual(written(begun('root ::= "a"', {}, { minTokens: 5 }), { a: 1 }), ['a', STUCK]);
    assert.deepEqual(written(begun('root ::= "a" [\\uD800-\\uDFFF]'), { a: 1 }), ['a', STUCK]);
    const result = begun('root ::= "a" root "b" | "a" root "c" | "1"').sample(rowOf({ a: 1 }));
    assert.deepEqual(result, { id: idOf('a') });
  });

  it('is stuck, and nothing worse, where it leaves too many choices', () => {
    const tokens = written(begun('root ::= "a" root "b" | "a" root "c" | "1"'), { a: 1 }, 60);
    assert.match(tokens.at(-1) ?? '', /leaves too many choices at once/);
    assert.ok(tokens.length < 40);
  });

  it('is gone with its request, and another finds its own place', () => {
    const sampler = begun('root ::= "ab"');
    assert.deepEqual(written(sampler, { a: 9 }, 1), ['a']);
    sampler.begin({ prompt: [3], maxTokens: 9, minTokens: 0, sampling: greedy });
    assert.deepEqual(written(sampler, { c: 9 }, 1), ['c']);
    const other = begun('root ::= "ab"');
    assert.deepEqual(
      [written(other, { ab: 9 }), written(begun('root ::= "ab"'), { a: 9, b: 8 })],
      [
        ['ab', END],
        ['a', 'b', END],
      ],
    );
  });

  it('leaves the log probabilities as they are', () => {
    const result = begun('root ::= "b"', {}, { logprobs: 1 }).sample(rowOf({ a: 20, b: 19 }));
    assert.ok('id' in result && result.logprobs);
    assert.equal(result.id, idOf('b'));
    assert.equal(result.logprobs.top[0]?.id, idOf('a'));
    assert.ok(Math.abs(result.logprobs.logprob - -1.3133) < 1e-3, `${result.logprobs.logprob}`);
  });
});

describe('chance under a grammar', () => {
  const gbnf = 'root ::= [a-c0-9{}]+';
  const allowed = texts.flatMap((text, id) => {
    const name = typeof text === 'string' ? text : Buffer.from(text).toString();
    return /^[a-c0-9{}]+$/.test(name) ? [id] : [];
  });
  const random = new Random(4);
  const row = Float32Array.from({ length: size }, () => 4 * random.next());
  const banned = (logits: Float32Array): number[] =>
    [...logits].map((logit, id) => (allowed.includes(id) ? logit : -Infinity));

  function counts(sampling: Partial<Sampling>): Map<number, number> {
    const found = new Map<number, number>();
    for (let seed = 0; seed < 20_000; seed += 1) {
      const result = begun(gbnf, { ...sampling, seed }).sample(row.slice());
      assert.ok('id' in result);
      found.set(result.id, (found.get(result.id) ?? 0) + 1);
    }
    return found;
  }

  it('is that of the allowed tokens alone, where nothing is cut off', () => {
    const expected = distribution(banned(row), { ...greedy, temperature: 0.8 });
    const score = deviation(counts({ temperature: 0.8 }), expected);
    assert.ok(Math.abs(score) < 5, `${score}`);
  });

  it('asks the cut tokens first and the cut allowed ones then, as the other engine does', () => {
    const sampling = { ...greedy, temperature: 0.8, topP: 0.7, topK: 60 };
    const free = distribution([...row], sampling);
    const held = distribution(banned(row), sampling);
    const refused = [...free].reduce((sum, [id, share]) => sum + (allowed.includes(id) ? 0 : share), 0);
    const both = allowed.map((id): [number, number] => [id, (free.get(id) ?? 0) + refused * (held.get(id) ?? 0)]);
    const score = deviation(counts(sampling), new Map(both.filter(([, share]) => share > 0)));
    assert.ok(refused > 0.3 && refused < 0.99 && Math.abs(score) < 5, `${refused} ${score}`);
  });
});
