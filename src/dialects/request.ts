import type { Sampling } from '../contract/generate.ts';

/** What a wire says of sampling, null and undefined meaning nothing. Any integer seed becomes an unsigned 32-bit one. */
export function withoutUnset(values: { [Name in keyof Sampling]: number | null | undefined }): Partial<Sampling> {
  const seed = values.seed == null ? undefined : values.seed >>> 0;
  return Object.fromEntries(Object.entries({ ...values, seed }).filter(([, value]) => value != null));
}

/** `stop` as a list. */
export function stopList(stop: string | readonly string[] | null | undefined): readonly string[] {
  if (stop == null) return [];
  return typeof stop === 'string' ? [stop] : stop;
}
