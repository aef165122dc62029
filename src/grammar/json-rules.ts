// Rules that every grammar shares, in the GBNF of llama.cpp: JSON (RFC 8259) on one line, with at most one space behind ":"
// and ",", so that no model can go on with blanks for ever.

/** The rules by name. Those of a schema have other names: these begin with `json-`. */
const shared: ReadonlyMap<string, string> = new Map([
  ['json-value', 'json-object | json-array | json-string | json-number | "true" | "false" | "null"'],
  ['json-object', '"{" (json-member ("," json-space json-member)*)? "}"'],
  ['json-member', 'json-string ":" json-space json-value'],
  ['json-array', '"[" (json-value ("," json-space json-value)*)? "]"'],
  ['json-space', '" "?'],
  ['json-string', String.raw`"\"" json-char* "\""`],
  // One code point each, in every form that JSON has for it; halves of surrogate pairs alone are none.
  ['json-char', String.raw`json-plain | "\\" json-escape`],
  ['json-plain', String.raw`[ !#-\[\]-\uD7FF\uE000-\U0010FFFF]`],
  ['json-escape', String.raw`["\\/bfnrt] | "u" json-unit`],
  [
    'json-unit',
    String.raw`[0-9A-CEFa-cef] json-hex json-hex json-hex | [Dd] [0-7] json-hex json-hex | [Dd] [89ABab] json-hex json-hex "\\u" [Dd] [C-Fc-f] json-hex json-hex`,
  ],
  ['json-hex', '[0-9A-Fa-f]'],
  // The characters that need an escape, each in its shortest form.
  ['json-escaped', String.raw`"\\" ["\\bfnrt] | "\\u00" json-control`],
  ['json-control', '"0" [0-7be-f] | "1" [0-9a-f]'],
  // As far as a double reaches, and no longer than anybody writes one: 21 digits before the point, 24 behind it.
  ['json-number', '"-"? (json-natural json-fraction? | json-scientific)'],
  ['json-natural', '"0" | [1-9] [0-9]{0,20}'],
  ['json-fraction', '"." [0-9]{1,24}'],
  ['json-scientific', '[1-9] json-fraction? [eE] json-exponent | "1" ("." [0-6] [0-9]{0,23})? [eE] "+"? "308"'],
  ['json-exponent', '"-" ("3" [0-2] [0-9] | json-hundreds) | "+"? ("30" [0-7] | json-hundreds)'],
  ['json-hundreds', '[1-9] | [1-9] [0-9] | [12] [0-9] [0-9]'],
  ['json-integer', '"0" | "-"? [1-9] [0-9]{0,20}'],
]);

/** @param text rules that use some of these @returns these, and all that they use in turn, as lines */
export function sharedRules(text: string): string[] {
  // A name that is the beginning of another may come along unused.
  const wanted = new Set([...shared.keys()].filter((name) => text.includes(name)));
  for (const name of wanted) {
    for (const [used] of (shared.get(name) ?? '').matchAll(/\bjson-[a-z]+/g)) wanted.add(used);
  }
  return [...shared].filter(([name]) => wanted.has(name)).map(([name, body]) => `${name} ::= ${body}`);
}
