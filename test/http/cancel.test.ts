import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at } from '../support/at.ts';
import { end, FakeModel, hello, say, stall, start } from '../support/fake-model.ts';
import type { Step } from '../support/fake-model.ts';
import { until, withServer } from '../support/server.ts';

const stalls: [string, Step[]][] = [
  ['in the queue', [stall, ...hello]],
  ['while the prompt is read', [start, stall, say('Hello'), ...end(1)]],
  ['while it decodes', [start, say('Hello'), stall, ...end(1)]],
];

for (const [when, script] of stalls) {
  for (const stream of [false, true]) {
    test(`stops the work of a client that leaves ${when}${stream ? ' of a stream' : ''}`, async () => {
      await withServer({ model: new FakeModel(() => script) }, async ({ post, model, lines }) => {
        const controller = new AbortController();
        const reply = post('/llm/', { inputs: 'Hi', stream }, { signal: controller.signal }).then((one) => one.text());
        await until(() => model.running === 1, 'it runs');
        await new Promise((resolve) => setTimeout(resolve, 20));
        controller.abort();
        await assert.rejects(reply, { name: 'AbortError' });
        await until(() => model.running === 0, 'the slot is free');
        assert.deepEqual(
          model.aborted.map((error) => error.code),
          ['aborted'],
        );
        await until(() => lines.some((line) => line['status'] === 499), 'the log has 499');
      });
    });
  }
}

test('answers 504 when a request takes too long, also one that waits in the queue', async () => {
  for (const script of [[stall], [start, stall]] satisfies Step[][]) {
    await withServer({ model: new FakeModel(() => script), settings: { timeoutMs: 50 } }, async ({ post, model }) => {
      const reply = await post('/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] });
      assert.equal(reply.status, 504);
      const body: unknown = await reply.json();
      assert.equal(at(body, 'error', 'code'), 'timeout');
      assert.equal(
        at(body, 'error', 'message'),
        'The request took longer than 0.05 s; ask for fewer tokens or raise --timeout.',
      );
      assert.equal(model.running, 0);
      assert.deepEqual(
        model.aborted.map((one) => one.code),
        ['timeout'],
      );
    });
  }
});

test('takes a timeout longer than any timer', async () => {
  await withServer({ settings: { timeoutMs: 2 ** 40 } }, async ({ post }) => {
    assert.equal((await post('/llm/', { inputs: 'Hi' })).status, 200);
  });
});

test('leaves the signal of a finished request alone', async () => {
  const signals: AbortSignal[] = [];
  class Watched extends FakeModel {
    override generate(...given: Parameters<FakeModel['generate']>) {
      signals.push(given[1]);
      return super.generate(...given);
    }
  }
  await withServer({ model: new Watched() }, async ({ post, lines }) => {
    await (await post('/llm/', { inputs: 'Hi' })).text();
    await until(() => lines.some((line) => line['status'] === 200), 'the request is over');
    assert.deepEqual(
      signals.map((signal) => signal.aborted),
      [false],
    );
  });
});
