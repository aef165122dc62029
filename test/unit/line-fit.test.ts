import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineFit } from '../../src/scheduling/line-fit.ts';

/** Off by at most 5 %. */
function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 0.05 * expected, `${actual} instead of ${expected}`);
}

test('a line is found from points on it, and forgotten for another', () => {
  const fit = new LineFit();
  for (let x = 0; x < 2000; x += 128) fit.add(x, 1 + x / 1000);
  assertNear(fit.at(0), 1);
  assertNear(fit.at(3000), 4);
  for (let x = 0; x < 8000; x += 128) fit.add(x, 2 + x / 500);
  assertNear(fit.at(8000), 18);
});

test('points at one place say nothing of the slope: rather too much is expected, above and below', () => {
  const fit = new LineFit();
  for (let round = 0; round < 20; round += 1) fit.add(100 + (round % 3), 1);
  assertNear(fit.at(100), 1);
  assertNear(fit.at(1124), 2);
  assertNear(fit.at(0), 1);
});

test('one slow moment counts as twice what was expected', () => {
  const fit = new LineFit();
  for (let round = 0; round < 10; round += 1) fit.add(100, 1);
  fit.add(100, 1000);
  assert.ok(fit.at(100) < 1.3, `${fit.at(100)}`);
});

test('a value far below all points stays positive', () => {
  const fit = new LineFit();
  for (let x = 4000; x < 8000; x += 128) fit.add(x, (x - 3500) / 100);
  assert.ok(fit.at(0) > 0);
});
