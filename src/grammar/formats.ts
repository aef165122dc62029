import { patternLanguage } from './pattern.ts';
import type { Dfa } from './dfa.ts';
import { Refusal } from './refusal.ts';

// RFC 3339 with the real days of every month, of years as ajv-formats counts them (0000 is a leap year).
const LEAP_YEAR = '(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)';
const DATE = [
  '\\d{4}-(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])',
  '\\d{4}-(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)',
  '\\d{4}-02-(?:0[1-9]|1\\d|2[0-8])',
  `${LEAP_YEAR}-02-29`,
].join('|');

const OFFSET = '[+-](?:[01]\\d|2[0-3]):[0-5]\\d';
// Models that have begun a fraction tend not to end it: nine digits are nanoseconds.
const FRACTION = '(?:\\.\\d{1,9})?';
const TIME = `(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d${FRACTION}(?:[zZ]|${OFFSET})|${leapSeconds()}`;

const LOCAL_PART = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*";
const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';

/** Patterns of the formats, by the names of JSON Schema; they allow what ajv-formats allows. */
const formats: ReadonlyMap<unknown, string> = new Map([
  ['date', DATE],
  ['time', TIME],
  ['date-time', `(?:${DATE})[tT](?:${TIME})`],
  ['uuid', '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}'],
  ['email', `${LOCAL_PART}@(?:${LABEL}\\.)+${LABEL}`],
]);

/** The strings of a format. @throws Refusal where the format is not known */
export function formatLanguage(format: unknown, at: string): Dfa {
  const pattern = formats.get(format);
  if (pattern === undefined) {
    const names = [...formats.keys()].join(', ');
    throw new Refusal(
      'format',
      at,
      `is ${JSON.stringify(format)}, which is not supported: use one of ${names}, or a pattern`,
    );
  }
  return patternLanguage(`^(?:${pattern})$`, 'format', at);
}

/**
 * A leap second is the last one before midnight UTC. Local times are taken for offsets of whole quarters of an hour, as
 * every zone has them, and 24 × 4 × 2 of them fit into a pattern.
 */
function leapSeconds(): string {
  const clock = (minutes: number): string => {
    const [hour, minute] = [Math.floor(minutes / 60) % 24, minutes % 60];
    return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
  };
  const day = 24 * 60;
  const fraction = '(?:\\.\\d{1,3})?';
  const times = [`23:59:60${fraction}[zZ]`];
  for (let offset = 0; offset < day; offset += 15) {
    // The same local time is ahead of UTC by one offset and behind it by the rest of the day.
    const zones = offset === 0 ? '[+-]00:00' : `(?:\\+${clock(offset)}|-${clock(day - offset)})`;
    times.push(`${clock(day - 1 + offset)}:60${fraction}${zones}`);
  }
  return times.join('|');
}
