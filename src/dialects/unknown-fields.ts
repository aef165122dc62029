import { InferenceError } from '../contract/errors.ts';

/** More unknown fields than this are nobody's extension. */
const MOST = 32;

/**
 * Finds the fields of an object that nobody knows.
 * @param path put before the names: `parameters.`, `messages[0].`
 * @returns their names, where they are to be left out with a warning.
 * @throws InferenceError invalid_request for a near-miss of a known name, and in mode `refuse` for any.
 */
export function unknownFields(body: object, known: readonly string[], mode: 'refuse' | 'warn', path = ''): string[] {
  const unknown = Object.keys(body).filter((name) => !known.includes(name));
  refuseTooMany(unknown.length);
  return unknown.map((name) => {
    const { candidate, distance } = nearest(name, known);
    const param = path + shorten(name);
    const length = Math.min(candidate.length, name.length);
    if (distance <= (length >= 8 ? 2 : length >= 4 ? 1 : 0)) {
      throw new InferenceError('invalid_request', `${param} is not known; did you mean ${candidate}?`, { param });
    }
    if (mode === 'refuse') {
      const hint = distance <= 0.4 * length ? `did you mean ${candidate}?` : 'remove it.';
      throw new InferenceError('invalid_request', `${param} is not known; ${hint}`, { param });
    }
    return param;
  });
}

/** @throws InferenceError invalid_request */
export function refuseTooMany(unknown: number): void {
  if (unknown <= MOST) return;
  throw new InferenceError('invalid_request', `The body has ${unknown} unknown fields; remove them.`);
}

function shorten(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name;
}

function nearest(name: string, known: readonly string[]): { candidate: string; distance: number } {
  let best = { candidate: '', distance: Infinity };
  for (const candidate of known) {
    const distance = editDistance(bare(name), bare(candidate));
    if (distance < best.distance) best = { candidate, distance };
  }
  return best;
}

/** `maxTokens`, `max-tokens` and `max_tokens` are the same misspelling. */
function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

/** Levenshtein's distance; Infinity at once where the lengths alone are too far apart to matter. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 4) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
