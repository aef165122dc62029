import { median, table } from '../support/report.ts';
import type { Bar, Verdict } from './bars.ts';

/** The verdicts in aligned columns, each with all of its rounds. */
export function report(verdicts: readonly Verdict[]): string {
  const head = ['scenario', 'figure', 'ours', 'theirs', 'compared', 'result', 'bar', '', 'rounds (ours : theirs)'];
  return table(
    head,
    verdicts.map(({ bar, ours, theirs, result, met }) => [
      bar.scenario,
      bar.title,
      figure(median(ours)),
      figure(median(theirs)),
      bar.compare,
      Number.isFinite(result) ? result.toFixed(3) : '–',
      barText(bar.limit),
      metText(bar, met),
      ours.map((own, round) => `${figure(own)} : ${figure(theirs[round] ?? Number.NaN)}`).join('  '),
    ]),
  );
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return value.toFixed(value < 10 ? 2 : value < 1000 ? 1 : 0);
}

function barText(limit: Bar['limit']): string {
  if (limit === undefined) return '';
  return 'atLeast' in limit ? `≥ ${limit.atLeast}` : `≤ ${limit.atMost}`;
}

function metText({ limit }: Bar, met: boolean | undefined): string {
  if (limit === undefined) return '';
  return met === undefined ? 'not measured' : met ? 'met' : 'not met';
}
