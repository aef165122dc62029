/**
 * Interleaves several iterations as their items come. When one throws or the reader leaves, all are left;
 * `cancel` is then called first, so that none of them has to wait for its next item.
 */
export async function* merge<T>(
  sources: readonly AsyncGenerator<T, void, void>[],
  cancel: () => void,
): AsyncGenerator<T, void, void> {
  const pending = new Map<number, Promise<{ index: number; result: IteratorResult<T, void> }>>();
  const ask = (index: number): void => {
    const source = sources[index];
    if (!source) return;
    const upcoming = next(source, index);
    // It may fail while the reader is busy elsewhere; the failure is told when the reader comes back.
    upcoming.catch(() => {});
    pending.set(index, upcoming);
  };
  try {
    for (const index of sources.keys()) ask(index);
    while (pending.size > 0) {
      const { index, result } = await Promise.race(pending.values());
      pending.delete(index);
      if (result.done === true) continue;
      ask(index);
      yield result.value;
    }
  } finally {
    cancel();
    await Promise.allSettled(pending.values());
    await Promise.allSettled(sources.map((source) => source.return()));
  }
}

async function next<T>(
  source: AsyncGenerator<T, void, void>,
  index: number,
): Promise<{ index: number; result: IteratorResult<T, void> }> {
  return { index, result: await source.next() };
}
