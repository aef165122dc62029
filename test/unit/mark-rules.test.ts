import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GbnfAutomaton } from '../../src/grammar/index.ts';
import { literal, markOrText, untilMark } from '../../src/runtime/mark-rules.ts';

const texts = fc.string({ unit: fc.constantFrom('a', 'b', '<', '\n', 'é'), maxLength: 14 });
const marks = fc.string({ unit: fc.constantFrom('a', 'b', '<', '\n'), minLength: 1, maxLength: 5 });

function grammarOf(rules: readonly string[]): GbnfAutomaton {
  return new GbnfAutomaton(['root ::= text-0', ...rules, 'after ::= "!"'].join('\n'));
}

test('free text may be anything without the mark, and ends anywhere', () => {
  fc.assert(
    fc.property(texts, marks, (text, mark) => {
      const free = grammarOf(untilMark('text', mark, 'after', true));
      assert.equal(free.accepts(text), !text.includes(mark));
      assert.equal(free.accepts(`${text}${mark}!`), (text + mark).indexOf(mark) === text.length);
    }),
    { numRuns: 2000 },
  );
});

test('text that has to come to its mark may not end before', () => {
  fc.assert(
    fc.property(texts, marks, (text, mark) => {
      const bound = grammarOf(untilMark('text', mark, 'after', false));
      assert.equal(bound.accepts(text), false);
      assert.equal(bound.accepts(`${text}${mark}!`), (text + mark).indexOf(mark) === text.length);
    }),
    { numRuns: 1000 },
  );
});

test('a mark that counts at the beginning alone leaves all other text free', () => {
  fc.assert(
    fc.property(texts, marks, (text, mark) => {
      const either = grammarOf(markOrText('text', mark, 'after'));
      assert.equal(either.accepts(text), !text.startsWith(mark));
      assert.ok(either.accepts(`${mark}!`));
      assert.ok(!either.accepts(`${mark}x`));
    }),
    { numRuns: 1000 },
  );
});

test('marks of any characters are written so that the grammar reads them back', () => {
  for (const mark of ['"\\\n\t[^]-', '<｜tool▁calls▁begin｜>', '{"name": "', '^', '-', ']']) {
    assert.ok(new GbnfAutomaton(`root ::= ${literal(mark)}`).accepts(mark));
    const free = grammarOf(untilMark('text', mark, 'after', true));
    assert.ok(free.accepts(`x${mark}!`));
    assert.ok(!free.accepts(`x${mark}`));
  }
});
