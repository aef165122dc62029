import { median } from '../support/report.ts';
import type { Figures } from './scenario.ts';

/** A contestant's figure; with `per`, divided by another. */
interface Source {
  of: string;
  figure: string;
  per?: { of: string; figure: string };
}

export interface Bar {
  scenario: string;
  title: string;
  ours: Source;
  theirs?: Source;
  /** What is compared with the limit, round by round; `ours` is ours as it is. */
  compare: 'ours / theirs' | 'theirs / ours' | 'ours';
  /** Left out, the row is for information. */
  limit?: { atLeast: number } | { atMost: number };
}

/** What every contestant did in one round. */
export type Round = Readonly<Record<string, Figures>>;

export interface Verdict {
  bar: Bar;
  /** One value a round; NaN where it was not measured. */
  ours: number[];
  theirs: number[];
  compared: number[];
  /** The median of the rounds' comparisons. */
  result: number;
  /** Undefined without a limit, and where a round lacks its figures. */
  met: boolean | undefined;
}

function pair(figure: string): { ours: Source; theirs: Source } {
  return { ours: { of: 'hearth', figure }, theirs: { of: 'llama-server', figure } };
}

function onnxPair(other: string): { ours: Source; theirs: Source } {
  const figure = 'tokensPerSecond';
  return { ours: { of: 'hearth, ONNX', figure }, theirs: { of: other, figure } };
}

const smallest = 'hearth, smallest budget';

function agentsBars(scenario: string, faster: number): Bar[] {
  const per = { of: 'hearth', figure: 'promptTokensUnique' };
  const { ours, theirs } = pair('promptTokensRead');
  return [
    {
      scenario,
      title: 'wall time, s',
      ...pair('wallSeconds'),
      compare: 'theirs / ours',
      limit: { atLeast: faster },
    },
    {
      scenario,
      title: 'prompt tokens read ÷ unique',
      ours: { ...ours, per },
      theirs: { ...theirs, per },
      compare: 'ours',
      limit: { atMost: 1.05 },
    },
  ];
}

export const bars: readonly Bar[] = [
  ...[1, 4, 8, 16].map((clients): Bar => {
    const title = 'tokens/s';
    const scenario = `clients-${clients}`;
    return { scenario, title, ...pair('tokensPerSecond'), compare: 'ours / theirs', limit: { atLeast: 1 } };
  }),
  // For information: more clients than slots are usually made for, and prompts that nearly fill the context.
  ...['clients-32', 'context-4k'].map((scenario): Bar => ({
    scenario,
    title: 'tokens/s',
    ...pair('tokensPerSecond'),
    compare: 'ours / theirs',
  })),
  ...agentsBars('agents-500', 2),
  ...agentsBars('agents-2000', 3.5),
  {
    scenario: 'continued',
    title: 'first token, ms',
    ...pair('followUpMs'),
    compare: 'ours / theirs',
    limit: { atMost: 1 },
  },
  {
    scenario: 'gap',
    title: 'longest gap, ms',
    ...pair('longestGapMs'),
    compare: 'ours / theirs',
    limit: { atMost: 0.1 },
  },
  { scenario: 'gap', title: 'newcomer, ms', ...pair('newcomerMs'), compare: 'ours / theirs', limit: { atMost: 1.2 } },
  {
    scenario: 'gap',
    title: 'smallest budget: longest gap : usual gap, ms',
    ours: { of: smallest, figure: 'longestGapMs' },
    theirs: { of: smallest, figure: 'usualGapMs' },
    compare: 'ours / theirs',
    limit: { atMost: 3 },
  },
  {
    scenario: 'gap',
    title: 'smallest budget: newcomer, ms',
    ours: { of: smallest, figure: 'newcomerMs' },
    theirs: { of: 'llama-server', figure: 'newcomerMs' },
    compare: 'ours / theirs',
    limit: { atMost: 1.8 },
  },
  { scenario: 'gap', title: 'usual gap, ms', ...pair('usualGapMs'), compare: 'ours / theirs' },
  { scenario: 'memory', title: 'peak, MiB', ...pair('peakMiB'), compare: 'ours / theirs', limit: { atMost: 1.15 } },
  {
    scenario: 'memory',
    title: 'at rest, MiB',
    ...pair('steadyMiB'),
    compare: 'ours / theirs',
    limit: { atMost: 1.15 },
  },
  {
    scenario: 'restart',
    title: 'first token with : without cache, ms',
    ours: { of: 'hearth, prompt cache', figure: 'firstTokenMs' },
    theirs: { of: 'hearth', figure: 'firstTokenMs' },
    compare: 'ours / theirs',
    limit: { atMost: 0.1 },
  },
  { scenario: 'ready', title: 'start to ready, s', ...pair('readySeconds'), compare: 'ours / theirs' },
  ...[
    { clients: 1, atLeast: 5 },
    { clients: 8, atLeast: 6 },
  ].map(({ clients, atLeast }): Bar => {
    const { ours } = pair('tokensPerSecond');
    const theirs = { of: 'flask', figure: 'tokensPerSecond' };
    const scenario = `flask-${clients}`;
    return { scenario, title: 'tokens/s', ours, theirs, compare: 'ours / theirs', limit: { atLeast } };
  }),
  { scenario: 'onnx-1', title: 'ONNX, tokens/s', ...onnxPair('llama-server'), compare: 'ours / theirs' },
  {
    scenario: 'onnx-8',
    title: 'ONNX, tokens/s',
    ...onnxPair('llama-server'),
    compare: 'ours / theirs',
    limit: { atLeast: 1.2 },
  },
  ...[1, 8].map((clients): Bar => ({
    scenario: `onnx-${clients}`,
    title: 'ONNX : GGUF, tokens/s',
    ...onnxPair('hearth'),
    compare: 'ours / theirs',
  })),
  {
    scenario: 'onnx-flask-8',
    title: 'ONNX, tokens/s',
    ...onnxPair('flask'),
    compare: 'ours / theirs',
    limit: { atLeast: 6 },
  },
];

/** Compares round by round and takes the median, which a single disturbed round does not move. */
export function judge(bar: Bar, rounds: readonly Round[]): Verdict {
  const values = (source: Source | undefined): number[] => rounds.map((round) => valueIn(round, source));
  const ours = values(bar.ours);
  const theirs = values(bar.theirs);
  const compared = ours.map((own, round) => {
    const other = theirs[round] ?? Number.NaN;
    return bar.compare === 'ours' ? own : bar.compare === 'ours / theirs' ? own / other : other / own;
  });
  const complete = compared.length > 0 && compared.every(Number.isFinite);
  const result = complete ? median(compared) : Number.NaN;
  return { bar, ours, theirs, compared, result, met: complete ? meets(result, bar.limit) : undefined };
}

function meets(result: number, limit: Bar['limit']): boolean | undefined {
  if (limit === undefined) return undefined;
  return 'atLeast' in limit ? result >= limit.atLeast : result <= limit.atMost;
}

function valueIn(round: Round, source: Source | undefined): number {
  if (source === undefined) return Number.NaN;
  const value = round[source.of]?.[source.figure] ?? Number.NaN;
  return source.per === undefined ? value : value / valueIn(round, source.per);
}
