import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadModel } from '../../src/compose.ts';
import { defaultSettings } from '../../src/config/resolve.ts';
import { collect } from '../../src/contract/collect.ts';
import type { GenerateEvent, GenerateRequest } from '../../src/contract/generate.ts';
import type { Model } from '../../src/contract/model.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { onBothEngines } from '../support/engines.ts';

/** About 400 tokens that no other subject shares from the first word on. */
function request(subject: string, n: number, temperature = 1): GenerateRequest {
  const lines = Array.from(
    { length: 26 },
    (_, line) => `${subject} number ${line + 1} was seen again near the old harbour.`,
  );
  return {
    prompt: { kind: 'text', text: `${lines.join(' ')} Then` },
    n,
    maxTokens: 16,
    silentTemperature: temperature,
    minTokens: 16,
    ignoreEos: false,
    sampling: {},
    stop: [],
    names: { maxTokens: 'max_tokens', maxTotalTokens: 'max_tokens', minTokens: 'min_tokens', n: 'n' },
  };
}

async function* replay(events: readonly GenerateEvent[]): AsyncGenerator<GenerateEvent> {
  yield* events;
}

onBothEngines(({ path }) => {
  let model: Model;
  before(async () => {
    // One thread: two wait for each other by spinning where the machine is busy, and the times would say nothing.
    model = await loadModel(defaultSettings({ model: [path], contextSize: 1024, device: 'cpu', threads: 1 }), {
      log: createLogger({ level: 'silent', format: 'json' }),
    });
  });
  after(() => model.dispose());

  /** Runs a request. @returns its events and the milliseconds until the last completion had its first text */
  async function timed(wanted: GenerateRequest): Promise<{ events: GenerateEvent[]; firstTexts: number }> {
    const generate = model.generate ?? assert.fail();
    const events: GenerateEvent[] = [];
    const begun = new Set<number>();
    const began = performance.now();
    let firstTexts = 0;
    for await (const event of generate(wanted, new AbortController().signal)) {
      events.push(event);
      if (event.type !== 'delta' || begun.has(event.index)) continue;
      begun.add(event.index);
      firstTexts = performance.now() - began;
    }
    return { events, firstTexts };
  }

  test('four completions of one prompt read it once', async (context) => {
    const stats = () => model.stats?.() ?? assert.fail();
    await timed(request('Seal', 1));
    const alone = await timed(request('Otter', 1));
    const earlier = stats();
    const together = await timed(request('Gull', 4));
    const { choices, usage } = await collect(replay(together.events));

    assert.ok(usage.promptTokens >= 350, `${usage.promptTokens} tokens`);
    const read = stats().promptTokensRead - earlier.promptTokensRead;
    assert.ok(read <= usage.promptTokens + 3, `${read} tokens were read of a prompt of ${usage.promptTokens}`);
    assert.equal(stats().promptTokensCached - earlier.promptTokensCached, 4 * usage.promptTokens - read);
    assert.deepEqual(usage, { promptTokens: usage.promptTokens, completionTokens: 64, cachedTokens: 0 });
    assert.equal(new Set(choices.map(({ text }) => text)).size, 4, choices.map(({ text }) => text).join(' | '));

    context.diagnostic(
      `first texts: ${Math.round(together.firstTexts)} ms for four, ${Math.round(alone.firstTexts)} ms for one, prompt of ${usage.promptTokens}`,
    );
    // Four readings would take four times as long; the machine may be busy with other things.
    assert.ok(together.firstTexts < 2.5 * alone.firstTexts + 200, `${together.firstTexts} and ${alone.firstTexts} ms`);
  });
});
