import type { Tokenizer } from '../contract/tokens.ts';

/** A stretch of a prompt; in one that is not special, names of special tokens are plain text. */
export interface PromptPart {
  text: string;
  special: boolean;
}

/** Marks the names of special tokens inside message contents. Noncharacters: no tokenizer or template knows them. */
const OPEN = '\uFDD0';
const CLOSE = '\uFDD1';

/** Puts marks around the names of special tokens in all texts of a value; marks that they bring themselves are dropped. */
export type Fence = <Value>(value: Value) => Value;

/** @param template where it takes a name for its own business, that is not marked */
export function createFence(tokenizer: Tokenizer, template: string): Fence {
  const names = namePattern(turnNames(tokenizer, template));
  const fenceText = (text: string): string => {
    const clean = text.replace(/[\uFDD0\uFDD1]/g, '');
    return names === undefined ? clean : clean.replace(names, `${OPEN}$&${CLOSE}`);
  };
  const fence = (value: unknown): unknown => {
    if (typeof value === 'string') return fenceText(value);
    if (Array.isArray(value)) return value.map(fence);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [fenceText(key), fence(one)]));
  };
  return (value) => fence(value) as typeof value;
}

/**
 * Cuts rendered text at whole pairs of marks. Text without them stays in one piece, tokenized just as Transformers does;
 * a mark that lost its partner in the template is dropped.
 */
export function cutAtFences(rendered: string): PromptPart[] {
  // Split at a group: every second piece is what the group matched.
  return rendered.split(/(\uFDD0[^\uFDD0\uFDD1]*\uFDD1)/).flatMap((text, index): PromptPart[] => {
    const clean = text.replace(/[\uFDD0\uFDD1]/g, '');
    return clean === '' ? [] : [{ text: clean, special: index % 2 === 0 }];
  });
}

/**
 * The names that a message must not turn into tokens: all special ones, and added ones that mark turns, which some
 * vocabularies do not call special. Other added tokens (HTML tags, runs of spaces) are text, and names at which the
 * template itself splits a content (`</think>`) are the template's business.
 */
function turnNames({ specialTexts, addedTexts }: Tokenizer, template: string): string[] {
  const marks = addedTexts.filter(
    (name) =>
      name.trim() !== '' &&
      (/^<\|.*\|>$/.test(name) || template.includes(name)) &&
      !template.includes(`split('${name}')`) &&
      !template.includes(`split("${name}")`),
  );
  return [...specialTexts, ...marks];
}

/** A pattern that finds names, the longest first where one begins another. */
function namePattern(names: readonly string[]): RegExp | undefined {
  if (names.length === 0) return undefined;
  const longestFirst = names.toSorted((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'gu');
}
