import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plot } from '../../src/bench/plot.ts';
import { summarize, type LevelSummary } from '../../src/bench/summary.ts';

function level(clients: number, outputTokensPerSecond: number, p95: number | null): LevelSummary {
  const empty = summarize({ clients, windowMs: 1000, exchanges: [], failures: [] });
  return { ...empty, outputTokensPerSecond, firstTokenMs: { p50: null, p95, p99: null } };
}

interface Point {
  x: number;
  y: number;
  title: string;
}

function points(svg: string): Point[] {
  return [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"[^>]*><title>(.*?)<\/title>/g)].map(
    ([, x, y, title]) => ({ x: Number(x), y: Number(y), title: title ?? '' }),
  );
}

/** Every tag is closed, in order. */
function assertWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, close, name, self] of svg.matchAll(/<(\/?)(\w+)(?:\s[\w-]+="[^"<&]*")*(\/?)>/g)) {
    if (close === '/') assert.equal(open.pop(), name);
    else if (self !== '/') open.push(name ?? '');
  }
  assert.deepEqual(open, []);
  assert.doesNotMatch(svg.replace(/<\/?\w+(?:\s[\w-]+="[^"<&]*")*\/?>/g, ''), /[<>]|&(?!amp;|lt;|gt;)/);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined|null/);
}

test('each level is a point in both panels, in its place', () => {
  const svg = plot([level(16, 400, 200), level(1, 100, 50), level(4, 200, 0)], ['a < b & c', 'so']);
  assertWellFormed(svg);
  const drawn = points(svg);
  assert.deepEqual(
    drawn.map(({ title }) => title),
    [
      '1 client: output 100 tokens/s',
      '4 clients: output 200 tokens/s',
      '16 clients: output 400 tokens/s',
      '1 client: time to first token, p95 50 ms',
      '4 clients: time to first token, p95 0.0 ms',
      '16 clients: time to first token, p95 200 ms',
    ],
  );
  const [one, four, sixteen, early, zero, late] = drawn;
  assert.ok(one && four && sixteen && early && zero && late);
  assert.ok(Math.abs(four.x - one.x - (sixteen.x - four.x)) < 0.2, 'equal ratios are equal steps');
  const up = (from: Point, to: Point): number => from.y - to.y;
  assert.ok(Math.abs(up(four, sixteen) - 2 * up(one, four)) < 0.3, 'twice the tokens, twice the height');
  assert.ok(Math.abs(up(zero, late) - 4 * up(zero, early)) < 0.3);
  for (const text of ['a &lt; b &amp; c<', '>so<', 'clients (log scale)', 'tokens/s', '>ms<', 'output (tokens/s)']) {
    assert.ok(svg.includes(text), text);
  }
});

test('one level, values of zero and missing ones can be drawn', () => {
  for (const levels of [[level(3, 0, null)], [level(1, 0.01, 0.02), level(2, 12_345, 1e6)], []]) {
    assertWellFormed(plot(levels, ['x', 'y']));
  }
  assert.equal(points(plot([level(3, 0, null)], ['x', 'y'])).length, 1);
});
