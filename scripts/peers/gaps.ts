/**
 * The pauses of a stream that overlap a span of time.
 * @param arrivals ascending, on the same clock as `from` and `to`
 * @returns the whole length of each
 */
export function gapsWithin(arrivals: readonly number[], from: number, to: number): number[] {
  return arrivals.flatMap((end, index) => {
    const start = arrivals[index - 1];
    return start !== undefined && start < to && end > from ? [end - start] : [];
  });
}
