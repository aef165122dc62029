import { charsOf, partition } from './char-set.ts';
import { type Dfa, explore } from './dfa.ts';
import { Refusal } from './refusal.ts';
import type { Bound, Numbers } from './value-set.ts';

// json-integer and json-number of json-rules.ts reach as far.
const INTEGER_DIGITS = 21;
const FRACTION_DIGITS = 24;
// So many digits, and so large an integer, tell two doubles apart for certain.
const EXACT_DIGITS = 15;

/** What a number is compared with: its digits before and behind the point. */
interface Decimal {
  readonly whole: string;
  readonly fraction: string;
  readonly exclusive: boolean;
}

interface Limits {
  /** Least and greatest absolute value of one sign. */
  readonly low: Decimal | undefined;
  readonly high: Decimal | undefined;
}

/** -1, 0, 1: the digits so far are less than those of the limit, the same, greater. */
type Comparison = -1 | 0 | 1;

interface State {
  readonly limits: Limits | undefined;
  readonly whole: number;
  readonly fraction: number;
  readonly zero: boolean;
  readonly low: Comparison;
  readonly high: Comparison;
  readonly remainder: number;
}

const alphabet = partition(Array.from('-.0123456789', (char) => charsOf(char)));
const START: State = { limits: undefined, whole: 0, fraction: -1, zero: false, low: 0, high: 0, remainder: 0 };

/**
 * The numbers within bounds as plain decimals: no exponent, no leading zeros, no sign before a zero.
 * @param at the place to name @throws Refusal where doubles are too coarse for the bounds
 */
export function numberLanguage(numbers: Numbers, at: string): Dfa {
  const { integer = false, divisor = 1 } = numbers;
  const min = integer ? integerBound(numbers.min, 1, at) : numbers.min;
  const max = integer ? integerBound(numbers.max, -1, at) : numbers.max;
  const wholeDigits = divisor === 1 ? INTEGER_DIGITS : EXACT_DIGITS;
  const fractionDigits = integer ? 0 : Math.min(fractionLimit(min, at), fractionLimit(max, at));
  const positive = limitsOf(min, max);
  const negative = limitsOf(mirror(max), mirror(min), true);

  const step = (state: State, char: string): State | undefined => {
    const { limits, whole, fraction, zero } = state;
    if (char === '-')
      return limits === undefined && negative !== undefined ? { ...START, limits: negative } : undefined;
    const own = limits ?? positive;
    if (own === undefined) return undefined;
    if (char === '.') {
      if (whole === 0 || fraction >= 0 || fractionDigits === 0) return undefined;
      return {
        ...state,
        whole: 1,
        fraction: 0,
        low: wholeCompared(state, own.low),
        high: wholeCompared(state, own.high),
      };
    }
    if (fraction < 0) {
      if (zero || whole === wholeDigits) return undefined;
      return {
        limits: own,
        whole: whole + 1,
        fraction,
        zero: whole === 0 && char === '0',
        low: compare(state.low, char, own.low?.whole[whole]),
        high: compare(state.high, char, own.high?.whole[whole]),
        remainder: (state.remainder * 10 + Number(char)) % divisor,
      };
    }
    if (fraction === fractionDigits) return undefined;
    return {
      ...state,
      fraction: fraction + 1,
      low: compare(state.low, char, own.low?.fraction[fraction] ?? '0'),
      high: compare(state.high, char, own.high?.fraction[fraction] ?? '0'),
    };
  };

  const ends = (state: State): boolean => {
    const { limits, whole, fraction, remainder } = state;
    if (limits === undefined || whole === 0 || fraction === 0 || remainder !== 0) return false;
    const low = finalComparison(state, state.low, limits.low);
    const high = finalComparison(state, state.high, limits.high);
    return (
      (low > 0 || (low === 0 && limits.low?.exclusive !== true)) &&
      (high < 0 || (high === 0 && limits.high?.exclusive !== true))
    );
  };

  return explore(
    alphabet,
    START,
    ({ limits, ...state }) =>
      `${limits === undefined ? '' : limits === negative ? '-' : '+'}${Object.values(state).join()}`,
    (state, column) => {
      const [code] = alphabet[column] ?? [];
      const char = String.fromCodePoint(code ?? 0);
      return /^[-.0-9]$/.test(char) ? step(state, char) : undefined;
    },
    ends,
  );
}

function compare(before: Comparison, char: string, digit: string | undefined): Comparison {
  // Beyond the limit's last digit the lengths decide, later.
  if (before !== 0 || digit === undefined || char === digit) return before;
  return char < digit ? -1 : 1;
}

/** Once the whole part is known, the longer one is the greater. */
function wholeCompared(state: State, limit: Decimal | undefined): Comparison {
  if (limit === undefined) return 0;
  if (state.whole !== limit.whole.length) return state.whole < limit.whole.length ? -1 : 1;
  return limit === state.limits?.low ? state.low : state.high;
}

function finalComparison(state: State, comparison: Comparison, limit: Decimal | undefined): Comparison {
  if (limit === undefined) return 0;
  const result = state.fraction < 0 ? wholeCompared(state, limit) : comparison;
  if (result !== 0) return result;
  return /[1-9]/.test(limit.fraction.slice(Math.max(state.fraction, 0))) ? -1 : 0;
}

/** @returns the limits for numbers that are not negative, or (`aboveZero`) for those that are greater than 0 */
function limitsOf(min: Bound | undefined, max: Bound | undefined, aboveZero = false): Limits | undefined {
  if (max !== undefined && (max.value < 0 || (max.value === 0 && (max.exclusive || aboveZero)))) return undefined;
  const low = min === undefined || min.value < 0 || (aboveZero && min.value === 0) ? undefined : decimal(min);
  const zero: Decimal = { whole: '0', fraction: '', exclusive: true };
  return { low: low ?? (aboveZero ? zero : undefined), high: max === undefined ? undefined : decimal(max) };
}

function mirror(bound: Bound | undefined): Bound | undefined {
  return bound === undefined ? undefined : { value: -bound.value, exclusive: bound.exclusive };
}

/** @param value not negative */
function decimal({ value, exclusive }: Bound): Decimal {
  if (Number.isInteger(value)) return { whole: BigInt(value).toString(), fraction: '', exclusive };
  const [digits = '', exponent = '0'] = value.toString().split('e');
  const [whole = '0', fraction = ''] = digits.split('.');
  const shift = -Number(exponent);
  if (shift <= 0) return { whole, fraction, exclusive };
  return { whole: '0', fraction: `${'0'.repeat(shift - 1)}${whole}${fraction}`, exclusive };
}

/** The nearest integer inside; exclusive ones become inclusive. */
function integerBound(bound: Bound | undefined, inward: 1 | -1, at: string): Bound | undefined {
  if (bound === undefined) return undefined;
  const nearest = inward > 0 ? Math.ceil(bound.value) : Math.floor(bound.value);
  if (!bound.exclusive || nearest !== bound.value) return { value: nearest === 0 ? 0 : nearest, exclusive: false };
  if (!Number.isSafeInteger(nearest)) {
    const keyword = inward > 0 ? 'exclusiveMinimum' : 'exclusiveMaximum';
    throw new Refusal(keyword, at, 'must lie within ±(2^53 − 1)');
  }
  return { value: nearest + inward, exclusive: false };
}

/** How many digits behind the point can be written with no number but the bound itself rounded to it. */
function fractionLimit(bound: Bound | undefined, at: string): number {
  if (bound === undefined) return FRACTION_DIGITS;
  const value = Math.abs(bound.value);
  const { whole, fraction } = decimal({ value, exclusive: false });
  const digits = !bound.exclusive || value === 0 ? FRACTION_DIGITS : EXACT_DIGITS - (whole === '0' ? 0 : whole.length);
  if (fraction.length > digits || digits < 1 || whole.length > INTEGER_DIGITS) {
    throw new Refusal('schema', at, `has the bound ${bound.value}, which has too many digits`);
  }
  return digits;
}
