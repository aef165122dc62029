import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { getLlama, type Llama, LlamaGrammar } from 'node-llama-cpp';
import { jsonObjectGbnf } from '../../src/grammar/index.ts';
import { hearthTranslation } from '../support/hearth-grammar.ts';
import { spellings, suiteGroups } from '../support/schema-suite.ts';

let llama: Llama;
before(async () => {
  llama = await getLlama({ gpu: false, build: 'never' });
});
after(() => llama.dispose());

/** Whether llama.cpp's own matcher takes a text to its end; an internal call of the pinned package. */
function takes(grammar: LlamaGrammar, text: string): boolean {
  return (grammar as unknown as { _testText(text: string): boolean })._testText(text);
}

it('llama.cpp reads every grammar that we make of the suite, and matches as our automaton does', () => {
  let texts = 0;
  for (const { name, schema, tests } of suiteGroups()) {
    const { gbnf, accepts, samples } = hearthTranslation(schema, 10);
    if (gbnf === undefined) continue;
    const grammar = new LlamaGrammar(llama, { grammar: gbnf });
    for (const text of [...samples, ...tests.flatMap(({ data }) => spellings(data, schema))]) {
      assert.equal(takes(grammar, text), accepts(text), `${name}: ${text}`);
      texts++;
    }
  }
  assert.ok(texts > 2000, `${texts} texts`);
});

it('llama.cpp holds long repetitions to their last character', () => {
  const { gbnf = '' } = hearthTranslation({ type: 'string', minLength: 2400, maxLength: 4300 }, 0);
  const grammar = new LlamaGrammar(llama, { grammar: gbnf });
  const lengths = [2399, 2400, 3000, 4300, 4301];
  assert.deepEqual(
    lengths.map((length) => takes(grammar, JSON.stringify('é'.repeat(length)))),
    [false, true, true, true, false],
  );
});

it('llama.cpp reads the grammar of any JSON object', () => {
  const grammar = new LlamaGrammar(llama, { grammar: jsonObjectGbnf });
  assert.ok(takes(grammar, '{"a": [1, {"b": null}]}'));
  assert.ok(!takes(grammar, '[]'));
});
