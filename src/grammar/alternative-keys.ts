import {
  type Alternative,
  type Arrays,
  keyOfConjunction,
  type Numbers,
  type Objects,
  type Strings,
  type Conjunction,
} from './value-set.ts';

// Equal keys mean equal sets; the empty key means everything.
const refused = ({ refusal }: Alternative): string =>
  refusal === undefined ? '' : `!${refusal.keyword} ${refusal.at}`;

export function keyOfNumbers({ values, integer, min, max, divisor, ...alternative }: Numbers): string {
  const bounds = [min, max].map((bound) => (bound === undefined ? '' : `${bound.value}${bound.exclusive ? 'x' : ''}`));
  const parts = [values?.join() ?? '', integer === true ? 'i' : '', ...bounds, divisor ?? '', refused(alternative)];
  return parts.every((part) => part === '') ? '' : parts.join('|');
}

export function keyOfStrings({ values, language, min, max, ...alternative }: Strings): string {
  if (values === undefined && language === undefined && min === 0 && max === Infinity) return refused(alternative);
  return JSON.stringify([values, language?.id, min, String(max), refused(alternative)]);
}

export function keyOfArrays({ prefix, rest, min, max, ...alternative }: Arrays): string {
  if (prefix.every(allowsAll) && allowsAll(rest) && min === 0 && max === Infinity) return refused(alternative);
  return JSON.stringify([prefix.map(keyOfConjunction), keyOfConjunction(rest), min, String(max), refused(alternative)]);
}

export function keyOfObjects({ properties, others, required, min, max, ...alternative }: Objects): string {
  const free = required.size === 0 && min === 0 && max === Infinity;
  if (free && properties.size === 0 && others.every(({ value }) => allowsAll(value))) return refused(alternative);
  const members = [...properties].map(([name, value]) => [name, keyOfConjunction(value)]);
  const rest = others.map(({ names, value }) => [names?.id, keyOfConjunction(value)]);
  return JSON.stringify([members, rest, [...required].toSorted(), min, String(max), refused(alternative)]);
}

const allowsAll = (value: Conjunction): boolean => value.length === 0;
