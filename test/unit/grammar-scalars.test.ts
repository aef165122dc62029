import { describe, it } from 'node:test';
import { assertLanguage, assertRefused } from '../support/schema-grammar.ts';

describe('types, const and enum', () => {
  it('allows the values of each type and no others', () => {
    const texts = ['null', 'true', 'false', '0', '-1.5', '"a"', '[]', '{}'];
    const types: [string, string[]][] = [
      ['null', ['null']],
      ['boolean', ['true', 'false']],
      ['integer', ['0']],
      ['number', ['0', '-1.5']],
      ['string', ['"a"']],
      ['array', ['[]']],
      ['object', ['{}']],
    ];
    for (const [type, allowed] of types) {
      assertLanguage(
        { type },
        allowed,
        texts.filter((text) => !allowed.includes(text)),
      );
    }
    assertLanguage({ type: ['null', 'integer'] }, ['null', '7'], ['true', '"7"']);
    assertLanguage({}, texts, ['', 'nul', '01', 'undefined']);
    assertLanguage(true, texts, ['']);
  });

  it('compares const and enum by value, objects and arrays too', () => {
    assertLanguage(
      { const: { a: [1, { b: null }], c: 'x' } },
      ['{"a":[1,{"b":null}],"c":"x"}'],
      ['{"a":[1],"c":"x"}', '{}'],
    );
    assertLanguage(
      { enum: [0, false, null, '', 'é"\\\n', 1.5, []] },
      ['0', 'false', 'null', '""', '"é\\"\\\\\\n"', '1.5', '[]'],
      ['""""', 'true', '1', '{}'],
    );
    assertLanguage({ type: 'string', enum: ['a', 1] }, ['"a"'], ['1']);
    const many = Array.from({ length: 40 }, (_, index) => `v${index}`);
    assertLanguage(
      { enum: [...many, 'v', 'v1"'] },
      ['"v"', '"v1"', '"v39"', '"v1\\""'],
      ['"v40"', '"v3"x', '"w"', '"v1\\"'],
    );
  });

  it('applies a keyword to its own type alone', () => {
    assertLanguage({ minLength: 2 }, ['"ab"', '1', '[]', 'null'], ['"a"', '""']);
    assertLanguage({ minimum: 5 }, ['5', '"a"', '{}'], ['4']);
  });
});

describe('numbers', () => {
  it('holds bounds of integers exactly', () => {
    assertLanguage(
      { type: 'integer', minimum: -12, maximum: 105 },
      ['-12', '-1', '0', '9', '99', '105'],
      ['-13', '-0', '106', '1000', '00', '1.0'],
    );
    assertLanguage({ type: 'integer', exclusiveMinimum: 0 }, ['1', '10', '99999'], ['0', '-1', '01']);
    assertLanguage({ type: 'integer', minimum: 0.5, exclusiveMaximum: 3.5 }, ['1', '3'], ['0', '4']);
    assertLanguage({ type: 'integer', maximum: -10 }, ['-10', '-11', '-200'], ['-9', '0', '10']);
    assertLanguage({ type: 'integer', multipleOf: 7 }, ['0', '7', '-14', '70'], ['1', '71']);
    assertLanguage({ type: 'integer', multipleOf: 7, minimum: 8, maximum: 30 }, ['14', '21', '28'], ['7', '35', '15']);
  });

  it('holds bounds of numbers as plain decimals', () => {
    assertLanguage(
      { type: 'number', minimum: 0, maximum: 1 },
      ['0', '0.0', '0.25', '1', '1.00'],
      ['-0.1', '1.01', '2', '1e-3'],
    );
    assertLanguage(
      { type: 'number', exclusiveMinimum: 0.5 },
      ['0.51', '0.500001', '12'],
      ['0.5', '0.50', '0.49', '0', '-3'],
    );
    assertLanguage(
      { type: 'number', minimum: -2.5, exclusiveMaximum: -1 },
      ['-2.5', '-1.01'],
      ['-2.51', '-1', '-1.0', '0'],
    );
    assertLanguage({ type: 'number', maximum: 1e-7 }, ['0.0000001', '0', '-5'], ['0.00000011']);
  });

  it('writes no number that a double cannot hold, and none without end', () => {
    assertLanguage(
      { type: 'number' },
      ['1e308', '1.5E+10', '5e-324', '123456789012345678901'],
      ['1e309', '1.8e308', '1234567890123456789012', '.5', '1.', '+1', '01'],
    );
  });

  it('refuses bounds and divisors that doubles cannot decide', () => {
    assertRefused({ type: 'number', multipleOf: 0.01 }, /"multipleOf" in the schema at # must be an integer/);
    assertRefused({ type: 'integer', exclusiveMaximum: 1e20 }, /"exclusiveMaximum" .*2\^53/);
    assertRefused({ type: 'number', exclusiveMaximum: 0.1234567890123456 }, /too many digits/);
    assertRefused({ minimum: '1' }, /"minimum" in the schema at # must be a number/);
  });
});

describe('strings', () => {
  it('takes every JSON escape in a free string, and no half of a surrogate pair', () => {
    assertLanguage(
      { type: 'string' },
      ['"\\u00e9\\/\\n"', '"\\ud83d\\ude00"', '"😀\u007f"'],
      ['"\n"', '"\\x"', '"\\ud83d"', '"\\ude00"', '"\\ud83d\\u0041"', '"'],
    );
  });

  it('counts lengths in code points', () => {
    assertLanguage(
      { type: 'string', minLength: 2, maxLength: 3 },
      ['"ab"', '"😀😀😀"', '"\\ud83d\\ude00b"', '"\\n\\n"'],
      ['"a"', '"abcd"', '"😀"'],
    );
  });

  it('holds lengths that llama.cpp would take for endless', () => {
    const text = (length: number): string => `"${'x'.repeat(length)}"`;
    assertLanguage(
      { type: 'string', minLength: 2400, maxLength: 4300 },
      [2400, 2401, 3000, 3400, 4299, 4300].map(text),
      [2399, 4301, 0].map(text),
    );
    assertLanguage({ type: 'string', maxLength: 3000 }, [0, 999, 1000, 1001, 2999, 3000].map(text), [3001].map(text));
    assertLanguage({ type: 'string', minLength: 2001 }, [2001, 5000].map(text), [2000].map(text));
  });

  it('finds patterns anywhere, as ECMA 262 does, unless they are anchored', () => {
    assertLanguage({ type: 'string', pattern: 'b+' }, ['"abc"', '"b"', '"\\nb\\""'], ['"ac"', '""']);
    assertLanguage({ type: 'string', pattern: '^a|b$' }, ['"ax"', '"xb"', '"a"'], ['"xa"', '"bx"']);
    assertLanguage(
      { type: 'string', pattern: '^(?:[a-f]\\d{2,3}|\\u00e9|\\p{Lu}{2})$' },
      ['"a12"', '"f123"', '"é"', '"ÉA"'],
      ['"a1"', '"a1234"', '"g12"', '"éé"'],
    );
    assertLanguage(
      { type: 'string', pattern: '^.$' },
      ['"a"', '"\\""', '"😀"', '"\\u0001"'],
      ['"\\n"', '""', '"ab"', '"\\u0041"'],
    );
    assertLanguage(
      { type: 'string', allOf: [{ pattern: 'a' }, { pattern: '^.{2}$' }] },
      ['"ab"', '"xa"'],
      ['"xy"', '"a"'],
    );
  });

  it('refuses patterns that are not regular, or no patterns', () => {
    assertRefused({ type: 'string', pattern: '(a)\\1' }, /"pattern" in the schema at # has \\1, which refers back/);
    assertRefused({ type: 'string', pattern: '^(?=a)' }, /"pattern" .* looks ahead or behind/);
    assertRefused({ type: 'string', pattern: '\\bword\\b' }, /"pattern" .* word boundary/);
    assertRefused({ type: 'string', pattern: '(' }, /"pattern" .* does not end/);
    assertRefused({ type: 'string', pattern: '^a{9}b$', maxLength: 20 }, /"maxLength" .* together with a pattern/);
    assertRefused({ type: 'string', pattern: '(a|b)*a(a|b){14}$' }, /"pattern" .* more than 2000 states/);
    assertRefused(
      { properties: { x: { type: 'string', format: 'uri' } } },
      /"format" in the schema at #\/properties\/x is "uri"/,
    );
  });

  it('knows real days, leap years, offsets and leap seconds', () => {
    assertLanguage(
      { type: 'string', format: 'date' },
      ['"2024-02-29"', '"2000-02-29"', '"0000-02-29"', '"1999-12-31"'],
      ['"2023-02-29"', '"1900-02-29"', '"2024-04-31"', '"2024-00-10"', '"2024-13-01"'],
    );
    assertLanguage(
      { type: 'string', format: 'time' },
      ['"23:59:60Z"', '"05:44:60+05:45"', '"18:59:60.5-05:00"', '"08:30:06.283185z"', '"00:00:00+23:59"'],
      ['"22:59:60Z"', '"24:00:00Z"', '"08:30:06"', '"08:30:06+24:00"'],
    );
    assertLanguage(
      { type: 'string', format: 'date-time' },
      ['"2024-02-29T12:00:00Z"', '"1990-12-31t15:59:60-08:00"'],
      ['"2023-02-29T12:00:00Z"', '"2024-02-29 12:00:00Z"'],
    );
    assertLanguage(
      { type: 'string', format: 'uuid' },
      ['"2EB8AA08-aa98-11ea-b4aa-73b441d16380"'],
      ['"2eb8aa08aa9811eab4aa73b441d16380"'],
    );
    assertLanguage(
      { type: 'string', format: 'email' },
      ['"te.s+t@example.co.uk"'],
      ['"te..st@example.com"', '"a@b"', '"@example.com"'],
    );
  });
});
