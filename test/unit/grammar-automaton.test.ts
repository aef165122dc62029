import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkGrammar } from '../../src/engines/onnx/sampling/grammar-hold.ts';
import { GbnfAutomaton } from '../../src/grammar/index.ts';

describe('grammars that are refused', () => {
  it('because a rule can begin with itself, wherever it stands', () => {
    for (const gbnf of [
      'root ::= root "a" | "b"',
      'root ::= "a" x\nx ::= y "c" | "d"\ny ::= x "e"',
      'root ::= "a" x\nx ::= y x | "d"\ny ::= "e"?',
      'root ::= ("a" | root) "b"',
      'root ::= "b"\nunused ::= unused',
    ]) {
      assert.throws(() => checkGrammar(gbnf), /The rule (root|x|y|unused) can begin with itself/, gbnf);
    }
  });

  it('because they are none', () => {
    assert.throws(() => checkGrammar(''), /There is no rule root/);
    assert.throws(() => checkGrammar('root ::= other'), /The rule other is not defined/);
    assert.throws(() => checkGrammar('root ::= "a"{3000}'), /The repetition \{3000\} is over 2000/);
    assert.throws(() => checkGrammar('root ::= "a"{2,1}'), /The repetition \{2,1\} allows fewer than it asks for/);
    assert.throws(() => checkGrammar('root ::= <think> "a"'), /tokens in angle brackets are not supported/);
    assert.throws(() => checkGrammar('root ::= !<think>'), /tokens in angle brackets are not supported/);
  });

  it('but not where a rule comes again behind something, or many rules deep', () => {
    checkGrammar('root ::= "(" root ")" | "a" root | ""');
    checkGrammar('root ::= x* y?\nx ::= "a"+\ny ::= x "b"');
    const deep = Array.from({ length: 5000 }, (_, index) => `r${index} ::= r${index + 1}? "a"`);
    checkGrammar(['root ::= r0', ...deep, 'r5000 ::= "b"'].join('\n'));
  });
});

describe('texts', () => {
  it('may have repetitions of what can be empty', () => {
    const automaton = new GbnfAutomaton('root ::= ("a"* | "b"?)* (("c"?)+){0,3} "d"');
    assert.deepEqual(
      ['d', 'aabad', 'bbccd', 'acbd', 'ab'].map((text) => automaton.accepts(text)),
      [true, true, true, false, false],
    );
  });

  it('have none of the characters of a range whose ends are the wrong way round', () => {
    const automaton = new GbnfAutomaton('root ::= [b-a😃-𐐀] | "c" [^b-a]');
    assert.deepEqual(
      ['a', 'b', '😀', 'ca', 'cb'].map((text) => automaton.accepts(text)),
      [false, false, false, true, true],
    );
    assert.ok(!automaton.start.allowsAny(0x10000, 0x3ffff));
  });

  it('come to the same state where the same may follow', () => {
    const { start } = new GbnfAutomaton('root ::= "[" [a-zé€]* "]"');
    const inside = start.advance(0x5b);
    for (const char of 'azé€') assert.equal(inside?.advance(char.codePointAt(0) ?? 0), inside);
    assert.notEqual(inside?.advance(0x5d), inside);
  });

  it('may be nested deeper and longer than is remembered, also from a state that was kept meanwhile', () => {
    const automaton = new GbnfAutomaton('root ::= "(" root* ")" | "[" root* "]" | "x"{0,3} "y"');
    const kept = automaton.start.advance(0x28);
    const inner = kept?.advance(0x78);
    for (let round = 0; round < 3; round += 1) {
      const open = Array.from({ length: 20_000 }, (_, index) => '(['[(index * index + (index >> 3) + round) % 2] ?? '');
      const close = open.toReversed().map((char) => (char === '(' ? ')' : ']'));
      assert.ok(automaton.accepts(`${open.join('')}xxy${close.join('')}`));
      assert.ok(!automaton.accepts(`${open.join('')}xxy${close.slice(1).join('')}`));
      assert.ok(automaton.accepts(`(${'[xxy]y'.repeat(5000)})`));
      assert.ok(kept?.advance(0x78)?.advance(0x79)?.advance(0x29)?.complete);
      assert.equal(kept?.advance(0x79)?.advance(0x5d), undefined);
    }
    assert.notEqual(kept?.advance(0x78), inner, 'nothing was forgotten');
  });

  it('that can be read in too many ways end with a sentence, not with all the memory', () => {
    const automaton = new GbnfAutomaton('root ::= "a" root "b" | "a" root "c" | "d"');
    assert.ok(automaton.accepts('aadbb'));
    assert.throws(() => automaton.accepts(`${'a'.repeat(40)}d`), /leaves too many choices at once/);
  });
});
