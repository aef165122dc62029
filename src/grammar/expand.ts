import { arrayKeywords } from './array-keywords.ts';
import type { SchemaDocument, SchemaNode } from './document.ts';
import { intersectValues, uniteValues } from './intersect-values.ts';
import { hasValue, Inhabitation } from './inhabited.ts';
import { isObject, type JsonObject, pointer } from './json.ts';
import { Languages } from './languages.ts';
import { listOfValues, typeKeyword, valuesOfConstant } from './literals.ts';
import { MAX_WORK } from './limits.ts';
import { numberKeywords } from './number-keywords.ts';
import { objectKeywords } from './object-keywords.ts';
import { Refusal } from './refusal.ts';
import { stringsLanguage } from './string-language.ts';
import { stringKeywords } from './string-keywords.ts';
import { areTagged, tagsOf } from './tags.ts';
import { ANYTHING, type Conjunction, isNothing, keyOfConjunction, NOTHING, type ValueSet } from './value-set.ts';
import { annotations, checkKeywords } from './vocabulary.ts';

/** Reads schemas: which values a node allows, one level deep. */
export class Expander {
  readonly document: SchemaDocument;
  readonly #known = new Map<SchemaNode, ValueSet | 'open'>();
  readonly #conjunctions = new Map<string, ValueSet>();
  readonly #inhabitation = new Inhabitation();
  readonly #languages = new Languages((steps) => this.spend(steps));
  #work = 0;

  constructor(document: SchemaDocument) {
    this.document = document;
  }

  /** Counts work, so that a schema of a few kilobytes cannot hold the process up. @throws Refusal */
  spend(steps: number): void {
    this.#work += steps;
    if (this.#work > MAX_WORK) throw new Refusal('schema', '#', 'is too large to be made a grammar of in a short time');
  }

  /** A schema in a place below `parent`, as a conjunction; nothing to add where it allows everything. */
  child(schema: unknown, at: string, base: string): Conjunction {
    const node = this.document.node(schema, at, base);
    const free = node.kind === 'schema' && (node.schema === true || isEmptySchema(node.schema));
    return free ? [] : [node];
  }

  /** What all of the nodes allow. @throws Refusal */
  ofAll(nodes: Conjunction): ValueSet {
    const [first] = nodes;
    if (first === undefined) return ANYTHING;
    if (nodes.length === 1) return this.of(first);
    const key = keyOfConjunction(nodes);
    let result = this.#conjunctions.get(key);
    if (result === undefined) {
      result = nodes.map((node) => this.of(node)).reduce((a, b) => this.intersect(a, b, first.at));
      this.#conjunctions.set(key, result);
    }
    return result;
  }

  /** @throws Refusal */
  of(node: SchemaNode): ValueSet {
    const known = this.#known.get(node);
    if (known === 'open') throw new Refusal('$ref', node.at, 'leads back to itself with no property or item between');
    if (known !== undefined) return known;
    this.#known.set(node, 'open');
    const result = this.#expand(node);
    this.#known.set(node, result);
    return result;
  }

  /** Whether at least one value of finite size satisfies all of the nodes; what no grammar can hold counts as satisfiable. */
  inhabited(nodes: Conjunction): boolean {
    this.spend(1);
    return this.#inhabitation.ask(nodes, (inner) => this.ofAll(inner));
  }

  intersect(a: ValueSet, b: ValueSet, at: string): ValueSet {
    this.spend(2 + 5 * a.objects.length * b.objects.length + a.strings.length * b.strings.length);
    return intersectValues(a, b, at);
  }

  #expand(node: SchemaNode): ValueSet {
    this.spend(1);
    if (node.kind === 'const') return valuesOfConstant(node.value, node.at, this.document);
    const { schema, at, base } = node;
    if (schema === true) return ANYTHING;
    if (schema === false) return NOTHING;
    let result = ANYTHING;
    for (const set of this.#parts(schema, at, base)) {
      result = this.intersect(result, set, at);
      if (isNothing(result)) return NOTHING;
    }
    return result;
  }

  /** One set for each keyword, or group of keywords, that limits the values; properties keep the order of the text. */
  *#parts(schema: JsonObject, at: string, base: string): Generator<ValueSet> {
    checkKeywords(schema, at);
    if (schema.type !== undefined) yield typeKeyword(schema.type, at);
    if (schema.enum !== undefined) yield listOfValues(schema.enum, at, this.document);
    if (Object.hasOwn(schema, 'const')) yield valuesOfConstant(schema.const, at, this.document);
    if (schema.properties === undefined) yield this.#own(schema, at, base);
    for (const keyword of Object.keys(schema)) {
      const list = (): ValueSet[] => this.#list(schema, keyword, at, base).map((node) => this.of(node));
      if (keyword === 'properties') yield this.#own(schema, at, base);
      else if (keyword === '$ref') yield this.of(this.document.resolve(schema.$ref, keyword, at, base));
      else if (keyword === '$dynamicRef') yield this.of(this.document.resolveDynamic(schema.$dynamicRef, at, base));
      else if (keyword === 'allOf') yield* list();
      else if (keyword === 'anyOf') yield uniteValues(list(), at);
      else if (keyword === 'oneOf') yield this.#oneOf(list(), at);
    }
  }

  /** The keywords that speak of one type each. */
  #own(schema: JsonObject, at: string, base: string): ValueSet {
    const child = (inner: unknown, place: string): Conjunction => this.child(inner, place, base);
    const objects = objectKeywords(schema, {
      at,
      child,
      strings: (inner, place) => stringsLanguage(this.ofAll(child(inner, place)).strings, 'propertyNames', at),
      languages: this.#languages,
      spend: (steps) => this.spend(steps),
      nothing: this.document.nothing,
    });
    return {
      ...ANYTHING,
      numbers: numberKeywords(schema, at) ?? ANYTHING.numbers,
      strings: stringKeywords(schema, at, this.#languages) ?? ANYTHING.strings,
      arrays: arrayKeywords(schema, at, child) ?? ANYTHING.arrays,
      objects: objects ?? ANYTHING.objects,
    };
  }

  #list(schema: JsonObject, keyword: string, at: string, base: string): SchemaNode[] {
    const list = schema[keyword];
    if (!Array.isArray(list) || list.length === 0) {
      throw new Refusal(keyword, at, 'must be a list of at least one schema');
    }
    return list.map((child: unknown, index) => this.document.node(child, pointer(at, keyword, index), base));
  }

  /** A union, where no value can be in two of the branches. */
  #oneOf(sets: readonly ValueSet[], at: string): ValueSet {
    const tags = sets.map((set) => tagsOf(set, (nodes) => this.ofAll(nodes)));
    this.spend(sets.length ** 2 / 20);
    sets.forEach((set, index) => {
      for (let other = 0; other < index; other++) {
        if (areTagged(tags[index], tags[other])) continue;
        const both = this.intersect(set, sets[other] ?? NOTHING, at);
        if (hasValue(both, (nodes) => this.inhabited(nodes))) {
          const names = `branches ${other} and ${index}`;
          throw new Refusal(
            'oneOf',
            at,
            `has ${names} that one value could satisfy both: tell them apart by a const, an enum, a type or a required tag, or use anyOf`,
          );
        }
      }
    });
    return uniteValues(sets, at);
  }
}

function isEmptySchema(schema: boolean | JsonObject): boolean {
  return isObject(schema) && Object.keys(schema).every((keyword) => annotations.has(keyword));
}
