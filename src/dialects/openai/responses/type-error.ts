import { must } from '../../fields.ts';

/**
 * The complaint of a union of objects that are told apart by their `type`: an object's is about the type that it has, and
 * anything else is no such object.
 * @param otherwise what the value must be
 */
export function typeError(
  types: readonly string[],
  hint: string,
  otherwise = 'an object with type',
): (issue: { input?: unknown }) => string {
  const names = types.map((one) => `"${one}"`);
  const expected = `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
  return ({ input }) => {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return must(otherwise)({ input });
    return must(expected, hint)({ input: 'type' in input ? input.type : undefined });
  };
}
