import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bars, judge, type Bar } from '../../scripts/peers/bars.ts';
import { parseThreads, threadsText } from '../../scripts/peers/contest.ts';
import { gapsWithin } from '../../scripts/peers/gaps.ts';
import { scenarios } from '../../scripts/peers/scenarios/all.ts';

const speed: Bar = {
  scenario: 'clients-1',
  title: 'tokens/s',
  ours: { of: 'hearth', figure: 'tokensPerSecond' },
  theirs: { of: 'llama-server', figure: 'tokensPerSecond' },
  compare: 'ours / theirs',
  limit: { atLeast: 1 },
};

function round(ours: number, theirs: number) {
  return { hearth: { tokensPerSecond: ours }, 'llama-server': { tokensPerSecond: theirs } };
}

test('takes the median of the ratios of each round, not the ratio of the medians', () => {
  const verdict = judge(speed, [round(100, 50), round(60, 100), round(90, 80)]);
  assert.deepEqual(verdict.compared, [2, 0.6, 1.125]);
  assert.equal(verdict.result, 1.125);
  assert.equal(verdict.met, true);
});

test('meets a bar at its very limit, and compares the other way round where a bar says so', () => {
  assert.equal(judge(speed, [round(5, 5)]).met, true);
  const faster: Bar = { ...speed, compare: 'theirs / ours', limit: { atLeast: 2 } };
  assert.equal(judge(faster, [round(10, 25)]).result, 2.5);
  assert.equal(judge({ ...speed, limit: { atMost: 0.1 } }, [round(1, 5)]).met, false);
});

test('divides a figure by another, and takes ours as it is where nothing is compared', () => {
  const per = { of: 'hearth', figure: 'unique' };
  const bar: Bar = { ...speed, ours: { ...speed.ours, figure: 'read', per }, compare: 'ours', limit: { atMost: 1.05 } };
  const verdict = judge(bar, [{ hearth: { read: 210, unique: 200 } }]);
  assert.equal(verdict.result, 1.05);
  assert.equal(verdict.met, true);
});

test('calls nothing met that was not measured in every round', () => {
  const verdict = judge(speed, [round(9, 5), { hearth: { tokensPerSecond: 9 } }]);
  assert.equal(verdict.met, undefined);
  assert.equal(judge(speed, []).met, undefined);
  const { limit: _, ...open } = speed;
  assert.equal(judge(open, [round(9, 5)]).met, undefined);
});

test('has a bar for every scenario, about contestants that take part in it', () => {
  for (const { name, contestants } of scenarios) {
    const own = bars.filter(({ scenario }) => scenario === name);
    assert.ok(own.length > 0, name);
    const sources = own.flatMap(({ ours, theirs }) => [ours, ours.per, theirs, theirs?.per]);
    for (const source of sources)
      if (source !== undefined)
        assert.ok(
          contestants.some((contestant) => contestant.name === source.of),
          name,
        );
  }
  assert.ok(bars.every(({ scenario }) => scenarios.some(({ name }) => name === scenario)));
});

test('takes the pauses that touch a span, in their whole length', () => {
  const arrivals = [0, 10, 20, 100, 110, 120];
  assert.deepEqual(gapsWithin(arrivals, 25, 105), [80, 10]);
  assert.deepEqual(gapsWithin(arrivals, 0, 20), [10, 10]);
  assert.deepEqual(gapsWithin([5], 0, 10), []);
});

test("reads llama-server's threads", () => {
  assert.deepEqual(parseThreads('2,1/2,default'), [{ decode: 2, read: 2 }, { decode: 1, read: 2 }, undefined]);
  assert.equal(threadsText({ decode: 1, read: 2 }), '-t 1 -tb 2');
  assert.throws(() => parseThreads('two'), /--llama-threads/);
});
