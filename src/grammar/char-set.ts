/** A set of code points: ascending, disjoint, non-adjacent ranges, flat: [from, to, from, to, …], both inclusive. */
export type CharSet = readonly number[];

export const LAST_CODE_POINT = 0x10ffff;
export const EVERY_CHAR: CharSet = [0, LAST_CODE_POINT];

/** @param ranges in any order, overlapping or not */
export function charSet(...ranges: readonly (readonly [number, number])[]): CharSet {
  const result: number[] = [];
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last !== undefined && from <= last + 1) result[result.length - 1] = Math.max(last, to);
    else result.push(from, to);
  }
  return result;
}

/** @param text each of its code points becomes a member */
export function charsOf(text: string): CharSet {
  return charSet(...Array.from(text, (char): [number, number] => [char.codePointAt(0) ?? 0, char.codePointAt(0) ?? 0]));
}

export function rangesOf(set: CharSet): [number, number][] {
  const ranges: [number, number][] = [];
  for (let index = 0; index < set.length; index += 2) ranges.push([set[index] ?? 0, set[index + 1] ?? 0]);
  return ranges;
}

export function unite(...sets: readonly CharSet[]): CharSet {
  return charSet(...sets.flatMap(rangesOf));
}

export function complement(set: CharSet): CharSet {
  const result: number[] = [];
  let next = 0;
  for (const [from, to] of rangesOf(set)) {
    if (from > next) result.push(next, from - 1);
    next = to + 1;
  }
  if (next <= LAST_CODE_POINT) result.push(next, LAST_CODE_POINT);
  return result;
}

export function intersect(a: CharSet, b: CharSet): CharSet {
  const result: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const aTo = a[i + 1] ?? 0;
    const bTo = b[j + 1] ?? 0;
    const from = Math.max(a[i] ?? 0, b[j] ?? 0);
    const to = Math.min(aTo, bTo);
    if (from <= to) result.push(from, to);
    if (aTo < bTo) i += 2;
    else j += 2;
  }
  return result;
}

export function has(set: CharSet, codePoint: number): boolean {
  let low = 0;
  let high = set.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (codePoint < (set[2 * middle] ?? 0)) high = middle - 1;
    else if (codePoint > (set[2 * middle + 1] ?? 0)) low = middle + 1;
    else return true;
  }
  return false;
}

/** Whether a set has a member between two code points, both inclusive. */
export function meets(set: CharSet, from: number, to: number): boolean {
  let low = 0;
  let high = set.length / 2;
  // The first range that does not end before `from`.
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((set[2 * middle + 1] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return (set[2 * low] ?? Infinity) <= to;
}

/**
 * The coarsest partition of all code points that tells the sets apart.
 * @returns disjoint sets that together hold every code point; each lies wholly inside or outside of every given set
 */
export function partition(sets: readonly CharSet[]): CharSet[] {
  const events = new Map<number, number[]>([[0, []]]);
  sets.forEach((set, index) => {
    set.forEach((value, side) => {
      const at = value + (side % 2);
      const here = events.get(at);
      if (here === undefined) events.set(at, [index]);
      else here.push(index);
    });
  });
  const starts = [...events.keys()].filter((start) => start <= LAST_CODE_POINT).toSorted((a, b) => a - b);
  const inside = new Set<number>();
  const bySignature = new Map<string, [number, number][]>();
  starts.forEach((start, index) => {
    for (const set of events.get(start) ?? []) if (!inside.delete(set)) inside.add(set);
    const signature = [...inside].toSorted((a, b) => a - b).join(' ');
    const range: [number, number] = [start, (starts[index + 1] ?? LAST_CODE_POINT + 1) - 1];
    const same = bySignature.get(signature);
    if (same === undefined) bySignature.set(signature, [range]);
    else same.push(range);
  });
  return [...bySignature.values()].map((ranges) => charSet(...ranges));
}
