import { abortError } from '../../src/contract/errors.ts';
import type { GenerateEvent, GenerateRequest } from '../../src/contract/generate.ts';
import type { Model, ModelInfo, Models } from '../../src/contract/model.ts';
import type { InferenceError } from '../../src/contract/errors.ts';
import { Registry } from '../../src/runtime/registry.ts';

/** What a fake generation does next: an event, a wait for a promise (or the abort), or a failure. */
export type Step = GenerateEvent | { type: 'wait'; until: Promise<unknown> } | { type: 'fail'; error: unknown };

/** Waits until it is aborted. */
export const stall: Step = { type: 'wait', until: new Promise(() => {}) };
export const start: Step = { type: 'start', promptTokens: 5 };
export const timings = { queueMs: 1, firstTokenMs: 2, totalMs: 3 };

export function say(text: string, index = 0): Step {
  return { type: 'delta', index, text };
}

/** The ends of n completions and of the generation. */
export function end(completionTokens: number, n = 1): Step[] {
  const finishes = Array.from({ length: n }, (_, index): Step => ({ type: 'finish', index, reason: 'stop' }));
  return [...finishes, { type: 'done', usage: { promptTokens: 5, completionTokens, cachedTokens: 2 }, timings }];
}

export const hello: readonly Step[] = [start, say('Hello'), say(' world'), ...end(3)];

/** A model that plays a script, keeps what it was asked, and tells how each generation ended. */
export class FakeModel implements Model {
  script: (request: GenerateRequest) => Iterable<Step>;
  readonly info: ModelInfo;
  readonly requests: GenerateRequest[] = [];
  /** The reasons of the generations that were aborted. */
  readonly aborted: InferenceError[] = [];
  /** Generations that hold a slot now. */
  running = 0;
  /** Events given out. */
  given = 0;
  readonly failed = new Promise<Error>(() => {});

  constructor(script: (request: GenerateRequest) => Iterable<Step> = () => hello, id = 'fake') {
    this.script = script;
    this.info = {
      id,
      format: 'gguf',
      contextSize: 2048,
      slots: 4,
      device: 'cpu (2 threads)',
      tasks: ['generate'],
      created: 1_700_000_000,
    };
  }

  async *generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    this.requests.push(request);
    this.running++;
    try {
      for (const step of this.script(request)) {
        if (signal.aborted) throw abortError(signal);
        if (step.type === 'fail') throw step.error;
        if (step.type === 'wait') {
          await orAborted(step.until, signal);
        } else {
          this.given++;
          yield step;
        }
      }
    } catch (error) {
      if (signal.aborted) this.aborted.push(abortError(signal));
      throw error;
    } finally {
      this.running--;
    }
  }

  async dispose(): Promise<void> {}
}

/** Loaded models as a server has them: one answers to every name, several to their own. */
export function registryOf(...models: Model[]): Registry {
  const registry = new Registry();
  for (const model of models) registry.addLoaded(model);
  return registry;
}

/** The same, as a request sees them. */
export function modelsOf(...models: Model[]): Models {
  return registryOf(...models).lease(new AbortController().signal);
}

async function orAborted(until: Promise<unknown>, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => reject(abortError(signal));
    signal.addEventListener('abort', abort, { once: true });
    const settle = (): void => {
      signal.removeEventListener('abort', abort);
      resolve();
    };
    until.then(settle, reject);
  });
}
