import { z } from 'zod';
import type { ZodType } from 'zod';
import { fieldWords } from './field-words.ts';

/** A JSON Schema (draft 2020-12), or a reference to one. */
export type JsonSchema = Record<string, unknown>;

/**
 * The schemas that a document names under `components.schemas`. Each stands there once, however many routes use it; the
 * first user gives its name.
 */
export class SchemaComponents {
  readonly #names = new Map<ZodType, string>();
  readonly #schemas = new Map<string, JsonSchema>();

  /** @returns a reference to the schema, which is added under the name unless it is there already; `{}` where there is none */
  reference(schema: ZodType | undefined, name: string): JsonSchema {
    if (schema === undefined) return {};
    const known = this.#names.get(schema) ?? this.#add(schema, name);
    return { $ref: `#/components/schemas/${known}` };
  }

  /** All of them, by name. */
  all(): Record<string, JsonSchema> {
    return Object.fromEntries(this.#schemas);
  }

  #add(schema: ZodType, wanted: string): string {
    let name = wanted;
    for (let number = 2; this.#schemas.has(name); number++) name = `${wanted}${number}`;
    this.#names.set(schema, name);
    this.#schemas.set(name, toJsonSchema(schema, name));
    return name;
  }
}

/**
 * A zod schema as JSON Schema of what a client sends (a transform's input). What JSON Schema cannot say is left open.
 * Schemas with an `id` in their meta, and recursive ones, become `$defs`, with references that hold within `components`.
 */
function toJsonSchema(schema: ZodType, name: string): JsonSchema {
  const { $schema: _dialect, ...made } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
  });
  return adapted(made, `#/components/schemas/${name}`);
}

/** With references from the document's root, and with words for the properties that have none of their own. */
function adapted(schema: JsonSchema, root: string): JsonSchema {
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (key === '$ref' && typeof value === 'string') return [key, value.replace(/^#/, root)];
    // Zod tells branches apart by their tag, which may be left out of one of them; readers check that no two overlap.
    if (key === 'oneOf') return ['anyOf', inside(value, root)];
    // Values, not schemas.
    if (['const', 'default', 'enum', 'examples'].includes(key)) return [key, value];
    if (key === 'properties' && isObject(value)) {
      const properties = Object.entries(value).map(([name, property]) => [name, worded(name, inside(property, root))]);
      return [key, Object.fromEntries(properties)];
    }
    return [key, inside(value, root)];
  });
  return Object.fromEntries(entries);
}

function inside(value: unknown, root: string): unknown {
  if (Array.isArray(value)) return value.map((item) => inside(item, root));
  return isObject(value) ? adapted(value, root) : value;
}

/** Everybody's words for a property of this name, unless it has its own. */
function worded(name: string, property: unknown): unknown {
  const words = Object.hasOwn(fieldWords, name) ? fieldWords[name] : undefined;
  return words === undefined || !isObject(property) ? property : { description: words, ...property };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
