/**
 * The values that shares of the values do not exceed, interpolated between neighbours (R's type 7, NumPy's default).
 * @param shares from 0 to 1
 * @returns undefined for each where there are no values
 */
export function percentiles(values: readonly number[], shares: readonly number[]): (number | undefined)[] {
  const sorted = new Float64Array(values).toSorted();
  return shares.map((share) => {
    const place = (sorted.length - 1) * share;
    const below = sorted[Math.floor(place)];
    const above = sorted[Math.ceil(place)];
    return below === undefined || above === undefined ? undefined : below + (above - below) * (place % 1);
  });
}
