import type { Sampling } from '../contract/generate.ts';

/** Whether a field was given: null counts as left out. */
export function isGiven<Value>(value: Value): value is NonNullable<Value> {
  return value !== null && value !== undefined;
}

/** What a wire says of sampling, null and undefined meaning nothing. Any integer seed becomes an unsigned 32-bit one. */
export function withoutUnset(values: { [Name in keyof Sampling]: number | null | undefined }): Partial<Sampling> {
  const seed = isGiven(values.seed) ? values.seed >>> 0 : undefined;
  return Object.fromEntries(Object.entries({ ...values, seed }).filter(([, value]) => isGiven(value)));
}

/** What the parameters of `modelInPath` mean, for the API's document. */
export const modelParams = {
  id: "The model's id.",
  owner: "What stands before the slash of the model's id.",
  name: "What stands behind the slash of the model's id.",
};

/** The model that a path names: `:id`, or `:owner/:name`. */
export function modelInPath(params: Readonly<Record<string, string>>): string {
  return params['id'] ?? `${params['owner']}/${params['name']}`;
}

/** The model that a body names, before it is checked. */
export function modelInBody(body: unknown): string | undefined {
  const name: unknown = typeof body === 'object' && body !== null && 'model' in body ? body.model : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** `stop` as a list. */
export function stopList(stop: string | readonly string[] | null | undefined): readonly string[] {
  if (!isGiven(stop)) return [];
  return typeof stop === 'string' ? [stop] : stop;
}
