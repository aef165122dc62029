import { distance } from 'fastest-levenshtein';

/** `contextSize` as a flag without its dashes: `context-size`. */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `contextSize` as an environment variable: `HEARTH_CONTEXT_SIZE`. */
export function envName(name: string): string {
  return `HEARTH_${flagName(name).replaceAll('-', '_').toUpperCase()}`;
}

/**
 * The known name that somebody probably meant, whatever the case and the dashes: the shortest that begins with what
 * was written, else one a few letters away, else the shortest that contains it or is contained in it.
 * @returns one of `known` as it is written there; undefined when none is near.
 */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  const word = plain(written);
  const byLength = known.toSorted((a, b) => a.length - b.length);
  const telling = word.length >= 3;
  const longer = byLength.find((name) => telling && plain(name).startsWith(word));
  if (longer !== undefined) return longer;
  const steps = byLength.map((name) => distance(word, plain(name)));
  const fewest = Math.min(...steps);
  const slips = word.length <= 3 ? 1 : Math.max(2, Math.floor(word.length * 0.45));
  if (fewest <= slips && fewest < word.length) {
    const nearest = byLength.filter((_name, index) => steps[index] === fewest);
    return nearest.find((name) => plain(name).startsWith(word.charAt(0))) ?? nearest[0];
  }
  return byLength.find((name) => telling && (plain(name).includes(word) || word.includes(plain(name))));
}

/** Only what is a slip of the finger away; for names that may be somebody else's. */
export function misspelt(written: string, known: readonly string[]): string | undefined {
  return known.find((name) => distance(written, name) <= 2);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}
