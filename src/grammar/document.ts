import { isObject, type JsonObject, pointer } from './json.ts';
import { MAX_SCHEMA_CHARACTERS, MAX_SCHEMA_DEPTH, MAX_SCHEMAS } from './limits.ts';
import { Refusal } from './refusal.ts';
import { listOfSchemas, mapOfSchemas, oneSchema } from './vocabulary.ts';

/**
 * A place of the schema, or (`const`) one that was made for a value in it.
 * One object per meaning, so that sets of nodes can be compared by id.
 */
export type SchemaNode = { readonly id: number; readonly at: string } & (
  | { readonly kind: 'schema'; readonly schema: boolean | JsonObject; readonly base: string }
  | { readonly kind: 'const'; readonly value: unknown }
);

// Relative ids resolve against it; it never leaves this file.
const NO_BASE = 'schema:/';

/** One schema with all that it refers to. */
export class SchemaDocument {
  readonly root: SchemaNode;
  /** Nodes by what they stand for: the JSON object itself, or a made-up node's text. */
  readonly #nodes = new Map<unknown, SchemaNode>();
  /** Absolute URI, with `#anchor` where it has one → the node. */
  readonly #targets = new Map<string, SchemaNode>();
  readonly #dynamicAnchors = new Map<string, number>();
  #resources = 1;
  #schemas = 0;

  /** @throws Refusal where the schema is none, or too large */
  constructor(schema: unknown) {
    checkSize(schema);
    this.root = this.node(schema, '#', NO_BASE);
    this.#targets.set(NO_BASE, this.root);
    this.#register(schema, '#', NO_BASE);
  }

  /**
   * @param schema what should be a schema
   * @param base the absolute URI that its references are relative to, unless it has an $id of its own
   * @throws Refusal where it is no schema
   */
  node(schema: unknown, at: string, base: string): SchemaNode {
    if (typeof schema !== 'boolean' && !isObject(schema)) {
      throw new Refusal('schema', at, `must be an object or a boolean, not ${describe(schema)}`);
    }
    const own = isObject(schema) ? this.#base(schema, at, base) : base;
    // Equal small schemas become one node, and so one rule.
    const key = isSmall(schema) ? `${own} ${JSON.stringify(schema)}` : schema;
    return this.#intern(key, (id) => ({ id, at, kind: 'schema', schema, base: own }));
  }

  /** The node that holds exactly one value. @param key canonical JSON of the value */
  constant(value: unknown, key: string, at: string): SchemaNode {
    return this.#intern(`const ${key}`, (id) => ({ id, at, kind: 'const', value }));
  }

  /** The node that holds no value. */
  get nothing(): SchemaNode {
    return this.node(false, '#', NO_BASE);
  }

  /** What a $ref in a schema with this base URI leads to. @throws Refusal where that lies outside of the schema */
  resolve(ref: unknown, keyword: string, at: string, base: string): SchemaNode {
    if (typeof ref !== 'string') throw new Refusal(keyword, at, 'must be a string');
    const target = resolveUri(ref, base);
    const found = target === undefined ? undefined : (this.#targets.get(target) ?? this.#byPointer(target));
    if (found === undefined)
      throw new Refusal(keyword, at, `leads to ${JSON.stringify(ref)}, which the schema does not hold`);
    return found;
  }

  /** As $ref, where that is the same: in a document with one resource the dynamic scope changes nothing. */
  resolveDynamic(ref: unknown, at: string, base: string): SchemaNode {
    const name = typeof ref === 'string' ? ref.split('#')[1] : undefined;
    if (this.#resources > 1 && name !== undefined && this.#dynamicAnchors.has(name)) {
      throw new Refusal('$dynamicRef', at, 'is not supported in a schema with several $id');
    }
    return this.resolve(ref, '$dynamicRef', at, base);
  }

  #intern(key: unknown, make: (id: number) => SchemaNode): SchemaNode {
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = make(this.#nodes.size);
      this.#nodes.set(key, node);
    }
    return node;
  }

  #base(schema: JsonObject, at: string, base: string): string {
    const { $id } = schema;
    if ($id === undefined) return base;
    const resolved = typeof $id === 'string' ? resolveUri($id, base) : undefined;
    if (resolved === undefined) throw new Refusal('$id', at, 'must be a URI');
    return resolved.replace(/#$/, '');
  }

  /** Notes every $id and $anchor under a schema. */
  #register(schema: unknown, at: string, base: string): void {
    if (!isObject(schema)) return;
    if (++this.#schemas > MAX_SCHEMAS) throw new Refusal('schema', '#', `holds more than ${MAX_SCHEMAS} schemas`);
    const own = this.#base(schema, at, base);
    if (own !== base) {
      this.#targets.set(own, this.node(schema, at, base));
      if (at !== '#') this.#resources++;
    }
    for (const keyword of ['$anchor', '$dynamicAnchor']) {
      const anchor = schema[keyword];
      if (anchor === undefined) continue;
      if (typeof anchor !== 'string') throw new Refusal(keyword, at, 'must be a string');
      this.#targets.set(`${own}#${anchor}`, this.node(schema, at, base));
      if (keyword === '$dynamicAnchor') this.#dynamicAnchors.set(anchor, 1);
    }
    for (const [keyword, value] of Object.entries(schema)) {
      if (oneSchema.has(keyword)) this.#register(value, pointer(at, keyword), own);
      else if (listOfSchemas.has(keyword) && Array.isArray(value)) {
        value.forEach((child, index) => this.#register(child, pointer(at, keyword, index), own));
      } else if (mapOfSchemas.has(keyword) && isObject(value)) {
        for (const [name, child] of Object.entries(value)) this.#register(child, pointer(at, keyword, name), own);
      }
    }
  }

  #byPointer(target: string): SchemaNode | undefined {
    const [uri = '', fragment = ''] = target.split('#');
    const resource = this.#targets.get(uri);
    if (resource?.kind !== 'schema') return undefined;
    if (fragment === '') return resource;
    if (!fragment.startsWith('/')) return undefined;
    let value: unknown = resource.schema;
    let base = resource.base;
    for (const step of fragment.slice(1).split('/')) {
      const key = decode(step).replaceAll('~1', '/').replaceAll('~0', '~');
      if (isObject(value) && value !== resource.schema) base = this.#base(value, resource.at, base);
      if (Array.isArray(value)) value = /^(?:0|[1-9]\d*)$/.test(key) ? (value as unknown[])[Number(key)] : undefined;
      else if (isObject(value) && Object.hasOwn(value, key)) value = value[key];
      else return undefined;
    }
    if (typeof value !== 'boolean' && !isObject(value)) return undefined;
    return this.node(value, `${resource.at}${fragment}`, base);
  }
}

function isSmall(schema: boolean | JsonObject): boolean {
  return typeof schema === 'boolean' || Object.values(schema).every((value) => typeof value !== 'object');
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function resolveUri(ref: string, base: string): string | undefined {
  if (ref === '') return base;
  if (ref.startsWith('#')) return ref === '#' ? base : `${base}${ref}`;
  try {
    // A URN has no path to be relative to; URL keeps it as it is.
    return new URL(ref, base).href;
  } catch {
    return undefined;
  }
}

/** Walks the schema without recursion, so that no depth can exhaust the stack. @throws Refusal where it is too large or deep */
export function checkSize(schema: unknown): void {
  let level: unknown[] = [schema];
  let characters = 0;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_SCHEMA_DEPTH)
      throw new Refusal('schema', '#', `is nested more than ${MAX_SCHEMA_DEPTH} values deep`);
    const deeper: unknown[] = [];
    for (const value of level) {
      if (Array.isArray(value)) for (const item of value as unknown[]) deeper.push(item);
      else if (isObject(value)) {
        for (const [key, child] of Object.entries(value)) {
          characters += key.length + 4;
          deeper.push(child);
        }
      } else if (typeof value === 'string') characters += value.length + 3;
      else characters += 5;
    }
    if (characters > MAX_SCHEMA_CHARACTERS) {
      throw new Refusal('schema', '#', `is longer than ${MAX_SCHEMA_CHARACTERS} characters`);
    }
    level = deeper;
  }
}
