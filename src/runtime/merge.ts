/**
 * Interleaves several iterations as their items come. When one throws or the reader leaves, all are left;
 * `cancel` is then called first, so that none of them has to wait for its next item.
 */
export async function* merge<T>(
  sources: readonly AsyncGenerator<T, void, void>[],
  cancel: () => void,
): AsyncGenerator<T, void, void> {
  const pending = new Map(sources.map((source, index) => [index, next(source, index)]));
  try {
    while (pending.size > 0) {
      const { index, result } = await Promise.race(pending.values());
      const source = sources[index];
      if (result.done === true || !source) pending.delete(index);
      else {
        pending.set(index, next(source, index));
        yield result.value;
      }
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
