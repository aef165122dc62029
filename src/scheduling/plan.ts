import type { StepPlan } from '../contract/tokens.ts';
import type { Sequence } from './sequence.ts';

/** Several prompts are read side by side only in shares of at least this many tokens. */
const SMALLEST_SHARE = 32;

/** A slot at work. */
export interface Running {
  slot: number;
  sequence: Sequence;
}

export interface PlannedStep {
  plan: StepPlan;
  decoders: number;
  promptTokens: number;
  /** Prompts that they belong to. */
  readers: number;
  /** Tokens before those that are read, as a mean over all of them. */
  position: number;
}

/** What is known of how long reading takes. */
export interface ReadingPace {
  /** Prompt tokens at most beside so many decoders, of so many prompts, after so many tokens. */
  chunk(decoders: number, readers: number, position: number): number;
  /** Whether so many tokens of so many whole prompts are few enough to be read together where a chunk exceeds all limits. */
  together(tokens: number, readers: number, position: number): boolean;
}

/**
 * The next step: every decoder's last token, then chunks of the prompts that are being read.
 * Readers share the room evenly in the order given, so a long prompt does not hold up a short one behind it.
 * @param running sequences with a slot, in the order of their admission
 * @param sizes batchSize: tokens a step takes at most, at least the number of slots; chunkUnit: what chunks are a multiple of
 */
export function planStep(
  running: readonly Running[],
  { batchSize, chunkUnit }: { batchSize: number; chunkUnit: number },
  pace: ReadingPace,
): PlannedStep {
  const plan: { slot: number; tokens: readonly number[]; sample: boolean }[] = [];
  const readers: Running[] = [];
  for (const entry of running) {
    if (entry.sequence.last === undefined) readers.push(entry);
    else plan.push({ slot: entry.slot, tokens: [entry.sequence.last], sample: true });
  }
  const decoders = plan.length;
  const needs = readers.map(needOf);
  const reached = sum(readers.map(({ sequence }) => sequence.read)) / Math.max(1, readers.length);
  const room = batchSize - decoders;
  const wanted = pace.chunk(decoders, readers.length, reached);
  const shares =
    wanted < chunkUnit && sum(needs) > wanted
      ? wholeOnes(readers, room, chunkUnit, (tokens, prompts) => pace.together(tokens, prompts, reached))
      : divide(needs, room, wanted, chunkUnit);
  let promptTokens = 0;
  let before = 0;
  let reading = 0;
  readers.forEach(({ slot, sequence }, index) => {
    const share = shares[index] ?? 0;
    if (share === 0) return;
    const end = sequence.read + share;
    const { prompt } = sequence.request;
    plan.push({ slot, tokens: prompt.slice(sequence.read, end), sample: end === prompt.length });
    promptTokens += share;
    reading += 1;
    before += share * (sequence.read + share / 2);
  });
  return { plan, decoders, promptTokens, readers: reading, position: before / Math.max(1, promptTokens) };
}

/**
 * Divides what is wanted among needs, in whole units where not all fits: even shares first, what is left to the earliest that
 * still need it.
 */
function divide(needs: readonly number[], room: number, wanted: number, unit: number): number[] {
  const whole = (tokens: number): number => Math.max(unit, Math.floor(tokens / unit) * unit);
  const budget = Math.min(room, sum(needs) <= wanted ? wanted : whole(wanted));
  const even = Math.max(SMALLEST_SHARE, whole(budget / Math.max(1, needs.length)));
  let left = budget;
  const shares = needs.map((need) => {
    const share = Math.min(need, even, left);
    left -= share;
    return share;
  });
  return shares.map((share, index) => {
    const more = Math.min((needs[index] ?? 0) - share, left);
    left -= more;
    return share + more;
  });
}

/**
 * Where less than a unit is wanted, one is read all the same, of the first; and whole short prompts of others as far as they fit
 * into the unit or may be read together, those in the nearest slots before others: an engine reads neighbours sooner. Pieces of
 * them would take as long as the whole.
 */
function wholeOnes(
  readers: readonly Running[],
  room: number,
  unit: number,
  together: (tokens: number, prompts: number) => boolean,
): number[] {
  const distance = ({ slot }: Running): number => Math.abs(slot - (readers[0]?.slot ?? slot));
  const chosen = new Map<Running, number>();
  let tokens = 0;
  for (const reader of readers.toSorted((a, b) => distance(a) - distance(b))) {
    const need = needOf(reader);
    const first = chosen.size === 0;
    const share = first ? Math.min(need, unit, room) : need;
    const all = tokens + share;
    if (!first && (need > unit || all > room || (all > unit && !together(all, chosen.size + 1)))) continue;
    chosen.set(reader, share);
    tokens = all;
  }
  return readers.map((reader) => chosen.get(reader) ?? 0);
}

/** Prompt tokens that are still to be read. */
function needOf({ sequence }: Running): number {
  return sequence.request.prompt.length - sequence.read;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
