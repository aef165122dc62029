import { abortError } from '../contract/errors.ts';
import { Unreachable } from './unreachable.ts';

/**
 * The pieces of an answer's body, as they come.
 * @param silenceMs how long the next piece may take
 * @throws Unreachable when the connection breaks or falls silent; InferenceError aborted
 */
export async function* bodyOf(
  response: Response,
  host: string,
  { signal, silenceMs }: { signal?: AbortSignal | undefined; silenceMs: number },
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader();
  const stop = new AbortController();
  const abort = (): void => stop.abort(signal?.reason);
  const stopped = new Promise<never>((_resolve, reject) => {
    stop.signal.addEventListener('abort', () => reject(new Error('it fell silent')), { once: true });
  });
  stopped.catch(() => {});
  const timer = setTimeout(abort, silenceMs);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    if (signal?.aborted === true) throw abortError(signal);
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), stopped]);
      if (done) return;
      timer.refresh();
      yield value;
      timer.refresh();
    }
  } catch (error) {
    if (signal?.aborted === true) throw abortError(signal);
    throw new Unreachable(host, error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    // Also ends the connection where the reader left early.
    await reader.cancel().catch(() => {});
  }
}
