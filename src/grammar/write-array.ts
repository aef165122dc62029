import type { Arrays } from './value-set.ts';
import type { GrammarWriter } from './write.ts';

const NEXT = '"," json-space';

/** An expression for the arrays; undefined where there is none. @throws Refusal */
export function writeArray(arrays: Arrays, at: string, writer: GrammarWriter): string | undefined {
  const { min, rest } = arrays;
  const { expander } = writer;
  // The first place that no value can take ends the array.
  const blocked = arrays.prefix.findIndex((nodes) => !expander.inhabited(nodes));
  const prefix = blocked < 0 ? arrays.prefix : arrays.prefix.slice(0, blocked);
  const open = blocked < 0 && expander.inhabited(rest);
  const max = Math.min(arrays.max, open ? Infinity : prefix.length);
  if (min > max) return undefined;

  const length = Math.min(prefix.length, max);
  let tail = '';
  if (max > length) {
    const item = writer.rule(rest);
    if (length === 0) {
      const more = repeated(item, min - 1, max - 1);
      return min === 0 ? `"[" (${`${item} ${more}`.trim()})? "]"` : `"[" ${`${item} ${more}`.trim()} "]"`;
    }
    tail = repeated(item, min - length, max - length);
  }
  for (let index = length - 1; index >= 0; index--) {
    const item = writer.rule(prefix[index] ?? []);
    const here = `${index === 0 ? '' : `${NEXT} `}${item}${tail === '' ? '' : ` ${tail}`}`;
    // Rules of their own keep a long tuple from becoming groups within groups within groups.
    tail = index >= min ? `${writer.define(here)}?` : here;
  }
  return tail === '' ? '"[]"' : `"[" ${tail} "]"`;

  function repeated(item: string, from: number, to: number): string {
    if (to <= 0) return '';
    return writer.repeat(writer.define(`${NEXT} ${item}`), Math.max(from, 0), to, ['minItems', 'maxItems'], at);
  }
}
