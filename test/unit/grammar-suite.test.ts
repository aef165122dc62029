import assert from 'node:assert/strict';
import { it } from 'node:test';
import { judge } from '../support/grammar-verdict.ts';
import { hearthTranslation } from '../support/hearth-grammar.ts';
import { suiteGroups } from '../support/schema-suite.ts';

// `npm run proof:grammar` does the same with more texts, beside llguidance and xgrammar.
const verdicts = suiteGroups().map((group) => judge(group, hearthTranslation(group.schema, 20)));

it('makes no grammar of the JSON-Schema-Test-Suite that allows a wrong value or refuses a right one', () => {
  const wrong = verdicts.filter(({ kind }) => kind === 'wrong');
  assert.deepEqual(
    wrong.map(({ group, mistakes }) => [group.name, mistakes]),
    [],
  );
});

it('makes a grammar of more than half of the suite', () => {
  const right = verdicts.filter(({ kind }) => kind === 'right');
  assert.ok(right.length >= 186, `${right.length} of ${verdicts.length} groups`);
  const { length } = right.filter(({ checked }) => checked.samples > 0);
  assert.ok(length >= 170, `only ${length} groups had their texts judged`);
});

it('differs from the suite only where ajv-formats does: in addresses with quotes or IP numbers', () => {
  const disputed = verdicts.filter((verdict) => verdict.disputed.length > 0);
  assert.deepEqual(
    disputed.map(({ group }) => group.name),
    ['format/email.json: validation of e-mail addresses'],
  );
});

it('names a keyword of the schema, or the schema itself, in every refusal', () => {
  for (const { group, refused } of verdicts) {
    if (refused === undefined || refused === 'schema') continue;
    assert.ok(JSON.stringify(group.schema).includes(`"${refused}"`), `${group.name}: ${refused}`);
  }
});
