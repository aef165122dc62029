import type { JsonObject } from './json.ts';
import { Refusal } from './refusal.ts';

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

/** Words that become part of a grammar, some of them within limits. */
const supported: ReadonlySet<string> = new Set([
  '$dynamicRef',
  '$ref',
  'additionalProperties',
  'allOf',
  'anyOf',
  'const',
  'enum',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'format',
  'items',
  'maxItems',
  'maxLength',
  'maxProperties',
  'maximum',
  'minItems',
  'minLength',
  'minProperties',
  'minimum',
  'multipleOf',
  'oneOf',
  'pattern',
  'patternProperties',
  'prefixItems',
  'properties',
  'propertyNames',
  'required',
  'type',
  'uniqueItems',
]);

/** Words that are refused wherever they stand; the last three are of older drafts. */
const unsupported: ReadonlySet<string> = new Set([
  'contains',
  'dependentRequired',
  'dependentSchemas',
  'if',
  'not',
  'unevaluatedItems',
  'unevaluatedProperties',
  '$recursiveRef',
  'additionalItems',
  'dependencies',
]);

/** Words that mean nothing without one of those above. */
const dependent: ReadonlySet<string> = new Set(['else', 'maxContains', 'minContains', 'then']);

const vocabulary = [annotations, supported, unsupported, dependent];
const plain = (word: string): string => word.toLowerCase().replaceAll(/[^a-z]/g, '');
const meanings = new Map(vocabulary.flatMap((words) => [...words].map((word) => [plain(word), word])));

/**
 * Looks at the words alone. Those of other people are annotations, as the draft says, but for near misses.
 * @throws Refusal where one is not supported, or only almost a keyword
 */
export function checkKeywords(schema: JsonObject, at: string): void {
  const { $schema } = schema;
  if ($schema !== undefined && !(typeof $schema === 'string' && /^https?:\/\/json-schema\.org\//.test($schema))) {
    throw new Refusal('$schema', at, 'must be a draft of json-schema.org');
  }
  for (const keyword of Object.keys(schema)) {
    if (unsupported.has(keyword)) throw new Refusal(keyword, at, 'is not supported');
    if (vocabulary.some((words) => words.has(keyword))) continue;
    const meant = meanings.get(plain(keyword));
    if (meant !== undefined) throw new Refusal(keyword, at, `is no keyword: "${meant}" is`);
  }
}
