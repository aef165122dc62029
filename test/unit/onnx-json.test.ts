import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Sampling } from '../../src/contract/generate.ts';
import { Random } from '../../src/engines/onnx/sampling/random.ts';
import { RowSampler } from '../../src/engines/onnx/sampling/sampler.ts';
import { SamplingModel } from '../../src/engines/onnx/sampling/sampling-model.ts';
import { jsonObjectGbnf, schemaToGbnf } from '../../src/grammar/index.ts';
import { bytesOfTokens, everyByte, vocabularyOf } from '../support/sampling-vocabulary.ts';
import { ajvFor } from '../support/schema-suite.ts';
import { greedy } from '../support/token-requests.ts';

const END = '<|end|>';
const words = [
  'a',
  'b',
  'ab',
  'name',
  '1',
  '12',
  ' ',
  '{"',
  '":',
  '",',
  '": "',
  '[',
  ', ',
  'true',
  'null',
  'é',
  '日本',
  '😀',
];
/** What closes a text, the more urgent the later. */
const closing = ['0', '1', '}', '.', '@', '"', ']', '"}', END];
const texts = [...words, ...closing.filter((text) => !words.includes(text)), ...everyByte];
const model = new SamplingModel(vocabularyOf(texts, { ends: [END] }));
const { vocabulary } = model;

const schemas: unknown[] = [
  {
    type: 'object',
    properties: { name: { type: 'string', maxLength: 12 }, n: { type: 'integer', minimum: -3, maximum: 120 } },
    required: ['name'],
  },
  { type: 'array', items: { enum: ['a', 'é', '日本', 1, null] }, minItems: 2, maxItems: 6 },
  {
    type: 'object',
    properties: { mail: { type: 'string', format: 'email' }, day: { type: 'string', format: 'date' } },
    required: ['mail', 'day'],
    additionalProperties: false,
  },
  {
    anyOf: [
      { type: 'number', exclusiveMinimum: 0, maximum: 7.25 },
      { type: 'string', pattern: '^(日本|😀){1,3}$' },
    ],
  },
  {
    $defs: {
      tree: {
        type: 'object',
        properties: { left: { $ref: '#/$defs/tree' }, v: { type: 'boolean' } },
        required: ['v'],
        additionalProperties: false,
      },
    },
    $ref: '#/$defs/tree',
  },
];

/** Samples until the end; the longer the text, the more the logits are for what closes it. */
function generated(gbnf: string, seed: number, sampling: Partial<Sampling>): string {
  const random = new Random(seed);
  const sampler = new RowSampler(model);
  const grammar = { gbnf, special: [] };
  sampler.begin({ prompt: [1], maxTokens: 600, minTokens: 0, grammar, sampling: { ...greedy, ...sampling, seed } });
  const ids: number[] = [];
  for (let step = 0; step < 600; step += 1) {
    const row = Float32Array.from({ length: vocabulary.size }, () => 6 * random.next());
    closing.forEach((text, urgency) => (row[texts.indexOf(text)] = 6 * random.next() + (step / 16) * urgency));
    const result = sampler.sample(row);
    if ('stuck' in result) throw result.stuck;
    if (vocabulary.endTokens.has(result.id))
      return new TextDecoder('utf-8', { fatal: true }).decode(bytesOfTokens(vocabulary, ids));
    ids.push(result.id);
  }
  throw new Error(`no end: ${bytesOfTokens(vocabulary, ids).toString()}`);
}

const ways: Partial<Sampling>[] = [{}, { temperature: 1 }, { temperature: 0.7, topK: 40, topP: 0.9 }];
for (const schema of schemas) {
  it(`JSON from random logits is valid under ${JSON.stringify(schema).slice(0, 70)}…`, () => {
    const gbnf = schemaToGbnf(schema, { param: 'schema' });
    const judge = ajvFor(schema);
    const found = new Set<string>();
    for (let seed = 0; seed < 60; seed += 1) {
      const text = generated(gbnf, seed, ways[seed % ways.length] ?? {});
      assert.equal(judge(JSON.parse(text)), '', text);
      found.add(text);
    }
    assert.ok(found.size > 5, `${found.size} texts`);
  });
}

it('JSON from random logits is an object where any is asked for', () => {
  for (let seed = 0; seed < 40; seed += 1) {
    const value: unknown = JSON.parse(generated(jsonObjectGbnf, seed, ways[seed % ways.length] ?? {}));
    assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value));
  }
});
