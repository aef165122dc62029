import { refuseTooMany, unknownFields } from '../../unknown-fields.ts';
import { bodyFields } from './body.ts';
import type { ResponsesBody } from './body.ts';
import { fieldsOf } from './items.ts';
import { textFields } from './text-format.ts';
import { toolFields } from './tools.ts';

type Mode = 'refuse' | 'warn';

/** The fields of a body that nobody knows. @throws as `unknownFields` */
export function unknownInResponses(body: ResponsesBody, mode: Mode): string[] {
  const items = typeof body.input === 'string' ? [] : (body.input ?? []);
  return [
    ...unknownFields(body, bodyFields.body, mode),
    ...unknownFields(body.stream_options ?? {}, bodyFields.stream_options, mode, 'stream_options.'),
    ...unknownFields(body.reasoning ?? {}, bodyFields.reasoning, mode, 'reasoning.'),
    ...unknownFields(body.text ?? {}, textFields.config, mode, 'text.'),
    ...unknownFields(body.text?.format ?? {}, textFields.format, mode, 'text.format.'),
    ...unknownInList(items, fieldsOf, 'input', mode),
    ...unknownInList(body.tools ?? [], () => toolFields, 'tools', mode),
  ];
}

/** Each name is judged where it first occurs, because every item of a long list may have it. */
function unknownInList<Item extends object>(
  items: readonly Item[],
  fields: (item: Item) => readonly string[],
  key: string,
  mode: Mode,
): string[] {
  const unknown: string[] = [];
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const known = fields(item);
    const fresh = Object.keys(item).filter((name) => !known.includes(name) && !seen.has(name));
    for (const name of fresh) seen.add(name);
    const named = Object.fromEntries(fresh.map((name) => [name, true]));
    unknown.push(...unknownFields(named, known, mode, `${key}[${index}].`));
    refuseTooMany(unknown.length);
  }
  return unknown;
}
