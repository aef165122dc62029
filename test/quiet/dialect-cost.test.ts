import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addedShare, measureDialectCost } from '../../scripts/support/dialect-cost.ts';

test('dialect and HTTP add less than 5 % to the time of requests that stream to 8 clients', async (t) => {
  const measured = await measureDialectCost({ rounds: 4, clients: 8, tokens: 48 });
  const share = addedShare(measured);
  t.diagnostic(`${(100 * share).toFixed(2)} % (npm run bench:dialect says more)`);
  assert.ok(measured.every(({ engine, http }) => http.threadMs > engine.threadMs / 2 && engine.wallMs > 0));
  assert.ok(share < 0.05, `${(100 * share).toFixed(2)} %`);
});
