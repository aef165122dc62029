import { GbnfAutomaton } from '../../src/grammar/index.ts';
import { ajvFor, type Judge, spellings, type SuiteGroup } from './schema-suite.ts';

/** What a translator made of a group: nothing, or something that matches texts. */
export interface Translation {
  /** The keyword that it refused, where it did. */
  readonly refused?: string;
  readonly accepts: (text: string) => boolean;
  /** Texts that its grammar produces. */
  readonly samples: readonly string[];
}

export interface Verdict {
  readonly group: SuiteGroup;
  readonly kind: 'right' | 'wrong' | 'refused';
  readonly refused?: string | undefined;
  /** A sentence for each mistake. */
  readonly mistakes: readonly string[];
  /** Instances on which the suite and ajv disagree, so that nothing can be asked of a grammar. */
  readonly disputed: readonly string[];
  readonly checked: { readonly instances: number; readonly samples: number };
}

/**
 * Whether a grammar agrees with the suite on every instance, and with ajv on every text that it produces.
 * A text that it produces is wrong where it is no JSON or ajv calls its value invalid; an instance is written as spellings()
 * says, a valid one must be accepted in one of its spellings, an invalid one in none.
 */
export function judge(group: SuiteGroup, translation: Translation): Verdict {
  const { refused } = translation;
  if (refused !== undefined) {
    return { group, kind: 'refused', refused, mistakes: [], disputed: [], checked: { instances: 0, samples: 0 } };
  }
  const ajv = ajvFor(group.schema);
  const mistakes: string[] = [];
  const disputed: string[] = [];
  let unfit = false;
  for (const { description, data, valid } of group.tests) {
    const texts = spellings(data, group.schema);
    const accepted = texts.some((text) => translation.accepts(text));
    const problem = ajv(data);
    const disagrees = problem === undefined || (problem === '') !== valid;
    // Where the suite and the grammar are of one mind, ajv is no judge of the rest.
    if (accepted === valid) unfit ||= disagrees;
    else if (disagrees && problem !== undefined) disputed.push(`${description}: ${texts[0]}`);
    else mistakes.push(`${valid ? 'refuses' : 'allows'} ${texts[0]} (${description})`);
  }
  const samples = unfit ? [] : translation.samples;
  for (const text of samples) {
    const problem = problemOf(text, ajv);
    if (problem !== undefined) mistakes.push(`produces ${text.slice(0, 200)}, ${problem}`);
  }
  const checked = { instances: group.tests.length, samples: samples.length };
  return { group, kind: mistakes.length === 0 ? 'right' : 'wrong', mistakes, disputed, checked };
}

function problemOf(text: string, ajv: Judge): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'which is no JSON';
  }
  const problem = ajv(value) ?? '';
  return problem === '' ? undefined : `which ajv calls invalid: ${problem}`;
}

/** A grammar's own text, as a translation. */
export function translationOf(gbnf: string, samples: readonly string[]): Translation {
  const automaton = new GbnfAutomaton(gbnf);
  return { accepts: (text) => automaton.accepts(text), samples };
}
