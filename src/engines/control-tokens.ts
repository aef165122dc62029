import type { Tokenizer } from '../contract/tokens.ts';

/** The tokens that are neither text nor an end, with their names. */
export function controlTokens({ encode, specialTexts, special: { eog } }: Tokenizer): Map<number, string> {
  return new Map(
    specialTexts.flatMap((name): [number, string][] => {
      const [id, ...rest] = encode(name, { special: true, continues: false });
      return id === undefined || rest.length > 0 || eog.has(id) ? [] : [[id, name]];
    }),
  );
}
