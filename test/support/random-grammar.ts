import fc from 'fast-check';

/** Characters of one to four bytes; between them lie the halves of surrogate pairs and the bounds of lengths in UTF-8. */
export const alphabet = [
  'a',
  'b',
  '"',
  '\\',
  '\u007f',
  '\u0080',
  'é',
  '\u07ff',
  '\u0800',
  '€',
  '\ud7ff',
  '\ue000',
  '한',
  '\uffff',
  '\u{10000}',
  '😀',
  '\u{10ffff}',
];

const hex = (char: string): string => String.raw`\U` + (char.codePointAt(0) ?? 0).toString(16).padStart(8, '0');
const char = fc.constantFrom(...alphabet);
const literal = fc.array(char, { maxLength: 3 }).map((chars) => `"${chars.map(hex).join('')}"`);
const range = fc.tuple(char, char).map((ends) =>
  ends
    .toSorted((a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0))
    .map(hex)
    .join('-'),
);
const charClass = fc
  .tuple(fc.constantFrom('', '^'), fc.array(fc.oneof(range, char.map(hex)), { minLength: 1, maxLength: 3 }))
  .map(([hat, parts]) => `[${hat}${parts.join('')}]`);
const names = ['root', 'x', 'y'];

const { sequence } = fc.letrec<{ sequence: string; part: string }>((tie) => ({
  sequence: fc.array(tie('part'), { maxLength: 3 }).map((parts) => parts.join(' ')),
  part: fc
    .tuple(
      fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        literal,
        charClass,
        fc.constantFrom('.', ...names),
        fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }).map((choices) => `(${choices.join(' | ')})`),
      ),
      fc.constantFrom('', '', '', '?', '*', '+', '{2}', '{1,3}'),
    )
    .map(([element, times]) => `${element}${times}`),
}));

/** Grammars over the alphabet; some of them begin with themselves, and are none. */
export const randomGrammar = fc
  .tuple(...names.map(() => fc.array(sequence, { minLength: 1, maxLength: 3 })))
  .map((rules) => rules.map((choices, index) => `${names[index]} ::= ${choices.join(' | ')}`).join('\n'));
