import type { ModelSource } from '../../src/runtime/place.ts';
import { FakeModel, hello } from './fake-model.ts';

/** A model that a test loads, and what has happened to it. */
export class FakeSource implements ModelSource {
  readonly format = 'gguf';
  readonly tasks = ['generate'] as const;
  readonly id: string;
  readonly bytes: number;
  idleUnloadMs = Infinity;
  /** In memory, from the begin of its loading to the end of its unloading. */
  resident = false;
  loads = 0;
  /** What the next loads throw. */
  failures: unknown[] = [];
  /** What it turns out to take when it is loaded; as expected unless set. */
  realBytes: number | undefined;
  /** Resolves when loading, or unloading, may end. */
  pace: () => Promise<void> = async () => {};
  /** Ends the loaded model for good. */
  break: (error: Error) => void = () => {};

  constructor(id: string, bytes: number) {
    this.id = id;
    this.bytes = bytes;
  }

  async load(onProgress: (fraction: number) => void): Promise<{ model: FakeModel; bytes: number }> {
    this.loads += 1;
    this.resident = true;
    onProgress(0.5);
    await this.pace();
    if (this.failures.length > 0) {
      this.resident = false;
      throw this.failures.shift();
    }
    const failed = new Promise<Error>((resolve) => (this.break = resolve));
    const model = Object.assign(new FakeModel(() => hello, this.id), {
      failed,
      dispose: async () => {
        await this.pace();
        this.resident = false;
      },
    });
    return { model, bytes: this.realBytes ?? this.bytes };
  }
}
