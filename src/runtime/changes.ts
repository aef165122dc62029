import { abortError } from '../contract/errors.ts';

/** Lets callers wait until something is so; whoever changes it says that it changed. */
export class Changes {
  readonly #watchers = new Set<() => void>();

  /** To be called after every change. */
  tell(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Resolves as soon as it is so. @throws InferenceError aborted or the signal's own reason */
  until(so: () => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (end: () => void): void => {
        this.#watchers.delete(look);
        signal?.removeEventListener('abort', left);
        end();
      };
      const look = (): void => {
        if (so()) settle(resolve);
      };
      const left = (): void => settle(() => signal !== undefined && reject(abortError(signal)));
      this.#watchers.add(look);
      signal?.addEventListener('abort', left, { once: true });
      if (signal?.aborted === true) left();
      else look();
    });
  }
}
