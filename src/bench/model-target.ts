import type { GenerateRequest } from '../contract/generate.ts';
import type { Model } from '../contract/model.ts';
import type { Answer, Ask, Target } from './target.ts';

const names = { maxTokens: 'maxTokens', maxTotalTokens: 'maxTotalTokens', minTokens: 'minTokens', n: 'n' };

/**
 * A model in this process, greedy. A string prompt goes to it as it is.
 * The model stays its owner's: `close` does not dispose of it.
 */
export function modelTarget(model: Model): Target {
  return {
    name: model.info.id,
    async ask(ask, signal = new AbortController().signal) {
      if (model.generate === undefined) throw new Error(`${model.info.id} does not generate text.`);
      const sentAt = performance.now();
      const pieceMs: number[] = [];
      let text = '';
      for await (const event of model.generate(toRequest(ask), signal)) {
        if (event.type === 'delta' && event.text !== '') {
          pieceMs.push(performance.now() - sentAt);
          text += event.text;
        }
        if (event.type === 'done') {
          const totalMs = performance.now() - sentAt;
          if (pieceMs.length === 0) pieceMs.push(totalMs);
          return { text, firstTokenMs: pieceMs[0] ?? totalMs, totalMs, pieceMs, ...event.usage } satisfies Answer;
        }
      }
      throw new Error(`${model.info.id} ended a generation without its usage.`);
    },
    async close() {},
  };
}

function toRequest({ prompt, maxTokens, ignoreEos }: Ask): GenerateRequest {
  return {
    prompt: typeof prompt === 'string' ? { kind: 'text', text: prompt } : { kind: 'chat', messages: prompt },
    n: 1,
    maxTokens,
    minTokens: 0,
    ignoreEos,
    silentTemperature: 0,
    sampling: { temperature: 0 },
    stop: [],
    names,
  };
}
