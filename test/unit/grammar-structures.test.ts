import { describe, it } from 'node:test';
import { assertLanguage, assertRefused } from '../support/schema-grammar.ts';

const integer = { type: 'integer' };

describe('objects', () => {
  it('writes properties in the order of the schema, with the optional ones left out or not', () => {
    const schema = {
      type: 'object',
      properties: { b: integer, a: integer, c: integer },
      required: ['a'],
      additionalProperties: false,
    };
    assertLanguage(
      schema,
      ['{"a":1}', '{"b":1,"a":2}', '{"b": 1, "a": 2, "c": 3}', '{"a":2,"c":3}'],
      ['{}', '{"b":1}', '{"a":1,"b":2}', '{"a":1,}', '{ "a":1}', '{"a":1,"a":1}', '{"a":1,"x":1}'],
    );
  });

  it('allows other names after the declared ones, but no declared name among them', () => {
    const schema = { type: 'object', properties: { foo: { type: 'null' } }, additionalProperties: integer };
    assertLanguage(
      schema,
      ['{}', '{"foo":null,"fo":1,"fooo":2,"":3}', '{"x":1}'],
      ['{"foo":1}', '{"x":1,"foo":1}', '{"f\\u006fo":1}', '{"x":null}'],
    );
    assertLanguage({ type: 'object', required: ['z'] }, ['{"z":1}', '{"z":[],"a":2}'], ['{}', '{"a":1}']);
  });

  it('sorts names by the patterns that they match', () => {
    const schema = {
      type: 'object',
      properties: { ab: { minimum: 3 } },
      patternProperties: { '^a': integer, b$: { maximum: 5 } },
      additionalProperties: false,
    };
    assertLanguage(
      schema,
      ['{"ab":4}', '{"ax":9}', '{"xb":"s"}', '{"aab":5}'],
      ['{"ab":2}', '{"ab":6}', '{"ax":null}', '{"xb":6}', '{"aab":6}', '{"x":1}'],
    );
    assertLanguage(
      { type: 'object', propertyNames: { pattern: '^[a-c]+$' } },
      ['{"abc":1}', '{}'],
      ['{"d":1}', '{"":1}'],
    );
  });

  it('counts members', () => {
    const schema = {
      type: 'object',
      properties: { a: integer, b: integer, c: integer },
      additionalProperties: false,
      minProperties: 2,
      maxProperties: 2,
    };
    assertLanguage(
      schema,
      ['{"a":1,"b":1}', '{"a":1,"c":1}', '{"b":1,"c":1}'],
      ['{}', '{"a":1}', '{"a":1,"b":1,"c":1}'],
    );
    assertRefused({ type: 'object', minProperties: 2 }, /"minProperties" in the schema at # cannot be held/);
  });

  it('takes names like __proto__ for names', () => {
    const schema: unknown = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"null"},"toString":{"type":"null"}},"additionalProperties":false}',
    );
    assertLanguage(schema, ['{"__proto__":null,"toString":null}'], ['{"constructor":null}']);
  });
});

describe('arrays', () => {
  it('holds items, tuples and counts', () => {
    assertLanguage(
      { type: 'array', items: integer, minItems: 1, maxItems: 3 },
      ['[1]', '[1,2, 3]'],
      ['[]', '[1,2,3,4]', '["a"]', '[1,]'],
    );
    assertLanguage(
      { type: 'array', prefixItems: [integer, { type: 'null' }] },
      ['[]', '[1]', '[1,null]', '[1,null,"x"]'],
      ['[null]', '[1,2]'],
    );
    assertLanguage(
      { type: 'array', prefixItems: [integer, integer], items: false, minItems: 1 },
      ['[1]', '[1,2]'],
      ['[]', '[1,2,3]'],
    );
    assertLanguage(
      { type: 'array', items: { anyOf: [integer, { type: 'object', properties: { a: integer }, required: ['a'] }] } },
      ['[1,{"a":1},2]'],
      ['[{}]', '["a"]'],
    );
  });

  it('refuses what no grammar can compare, unless it is trivially true', () => {
    assertRefused(
      { properties: { list: { type: 'array', uniqueItems: true } } },
      /"uniqueItems" in the schema at #\/properties\/list/,
    );
    assertRefused({ contains: integer }, /"contains" in the schema at # is not supported/);
    assertLanguage({ type: 'array', uniqueItems: true, maxItems: 1 }, ['[]', '[1]'], ['[1,1]']);
    assertLanguage({ type: 'string', uniqueItems: true }, ['"a"'], ['[]']);
  });
});

describe('references and combinations', () => {
  it('follows recursive references, by pointer, anchor and id', () => {
    const tree = {
      $defs: {
        node: {
          type: 'object',
          properties: { value: integer, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
          required: ['value'],
          additionalProperties: false,
        },
      },
      $ref: '#/$defs/node',
    };
    assertLanguage(
      tree,
      ['{"value":1}', '{"value":1,"children":[{"value":2,"children":[]}]}'],
      ['{}', '{"value":1,"children":[{}]}'],
    );
    assertLanguage(
      { items: { $ref: '#n' }, type: 'array', $defs: { x: { $anchor: 'n', type: 'null' } } },
      ['[null]'],
      ['[1]'],
    );
    assertLanguage(
      { $ref: 'item', $id: 'https://example.com/root', definitions: { x: { $id: 'item', type: 'null' } } },
      ['null'],
      ['1'],
    );
    assertLanguage({ $ref: '#/definitions/a~1b%25', definitions: { 'a/b%': integer } }, ['1'], ['null']);
  });

  it('merges allOf exactly, references too', () => {
    const base = { type: 'object', properties: { id: { type: 'integer', minimum: 1 } }, required: ['id'] };
    const schema = {
      $defs: { base },
      allOf: [{ $ref: '#/$defs/base' }, { properties: { id: { maximum: 9 }, name: { type: 'string' } } }],
      required: ['name'],
    };
    assertLanguage(
      schema,
      ['{"id":1,"name":"x"}', '{"id":9,"name":"","y":0}'],
      ['{"id":0,"name":"x"}', '{"id":10,"name":"x"}', '{"id":1}'],
    );
  });

  it('takes oneOf where no value can be in two branches', () => {
    const branch = (kind: string, value: object): object => ({
      type: 'object',
      properties: { kind: { const: kind }, value },
      required: ['kind'],
    });
    assertLanguage(
      { oneOf: [branch('a', integer), branch('b', { type: 'string' })] },
      ['{"kind":"a","value":1}', '{"kind":"b","value":"x"}'],
      ['{"kind":"a","value":"x"}', '{"kind":"c"}', '{}'],
    );
    assertLanguage({ oneOf: [integer, { type: 'string' }, { enum: [null, true] }] }, ['1', '"a"', 'null'], ['false']);
    assertLanguage(
      {
        oneOf: [
          { type: 'integer', maximum: 3 },
          { type: 'integer', minimum: 4 },
        ],
      },
      ['3', '4'],
      ['"a"'],
    );
    assertRefused({ oneOf: [integer, { type: 'number' }] }, /"oneOf" in the schema at # has branches 0 and 1/);
    // The tag is not required, so both allow an object without it.
    assertRefused(
      { oneOf: ['a', 'b'].map((kind) => ({ type: 'object', properties: { kind: { const: kind } } })) },
      /"oneOf"/,
    );
  });

  it('leaves out what has no value, and refuses what has none at all', () => {
    const endless = { type: 'object', properties: { next: { $ref: '#/$defs/endless' } }, required: ['next'] };
    assertLanguage({ $defs: { endless }, anyOf: [integer, { $ref: '#/$defs/endless' }] }, ['1'], ['{}']);
    assertLanguage({ type: 'object', properties: { a: false, b: integer } }, ['{"b":1}', '{}'], ['{"a":1}']);
    assertRefused({ $defs: { endless }, $ref: '#/$defs/endless' }, /allows no value at all/);
    assertRefused(false, /The schema at # allows no value at all/);
    assertRefused({ allOf: [integer, { type: 'string' }] }, /allows no value at all/);
    assertRefused({ $ref: '#' }, /"\$ref" in the schema at # leads back to itself/);
  });
});
