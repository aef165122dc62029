/** Steps of the table between two whole numbers. */
const STEPS = 32;
/** What lies further behind weighs nothing beside e^0. */
const END = 64;
const table = Float64Array.from({ length: END * STEPS }, (_, step) => Math.exp(-step / STEPS));

/**
 * e^-x for x from 0 on, several times as fast as Math.exp, where sampling would spend most of its time.
 * @returns with a relative error below 1e-11, far less than that of the 32-bit floats it is called with; 0 from 64 on
 */
export function expOfMinus(x: number): number {
  if (x >= END) return 0;
  const step = (x * STEPS) | 0;
  const rest = x - step / STEPS;
  // The first terms of the series; the rest is below 1/32.
  const tail = 1 - rest * (1 - rest * (1 / 2 - rest * (1 / 6 - rest * (1 / 24 - rest * (1 / 120)))));
  return (table[step] ?? 0) * tail;
}
