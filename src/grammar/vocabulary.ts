// The words of JSON Schema draft 2020-12, by what stands behind them and by what becomes of them here.

/** Keywords whose value is a schema. */
export const oneSchema: ReadonlySet<string> = new Set([
  'additionalProperties',
  'contains',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]);

/** Keywords whose value is a list of schemas. */
export const listOfSchemas: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);

/** Keywords whose value is an object of schemas by name. */
export const mapOfSchemas: ReadonlySet<string> = new Set([
  '$defs',
  'definitions',
  'dependentSchemas',
  'patternProperties',
  'properties',
]);

/** Words that say nothing about which values are valid. */
export const annotations: ReadonlySet<string> = new Set([
  '$anchor',
  '$comment',
  '$defs',
  '$dynamicAnchor',
  '$id',
  '$schema',
  '$vocabulary',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
  'default',
  'definitions',
  'deprecated',
  'description',
  'examples',
  'readOnly',
  'title',
  'writeOnly',
]);

const plain = (word: string): string => word.toLowerCase().replaceAll(/[^a-z]/g, '');

/** The keyword that somebody meant who wrote `min_length` or `additionalproperties`; undefined for a word of their own. */
export function closestKeyword(word: string, keywords: readonly string[]): string | undefined {
  return keywords.find((keyword) => plain(keyword) === plain(word));
}
