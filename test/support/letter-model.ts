import type { Model } from '../../src/contract/model.ts';
import type { Tokenizer } from '../../src/contract/tokens.ts';
import type { FakeStepper } from './fake-stepper.ts';
import { modelOver } from './model-over.ts';

/** One token for each UTF-16 unit of a text; every token is a letter of a completion. */
export const letterTokenizer: Tokenizer = {
  encode: (text) => Array.from({ length: text.length }, (_, index) => text.charCodeAt(index)),
  bytes: (id) => Uint8Array.of(97 + (id % 26)),
  specialText: (id) => `<${id}>`,
  size: 0x10000,
  longestToken: 1,
  specialTexts: [],
  addedTexts: [],
  special: { bos: undefined, bosText: '', eosText: '', eog: new Set() },
};

/** A model with the real runtime and scheduler over a fake stepper: a prompt has as many tokens as characters. */
export function letterModel(stepper: FakeStepper, id = 'letters', special?: Partial<Tokenizer['special']>): Model {
  const tokenizer = { ...letterTokenizer, special: { ...letterTokenizer.special, ...special } };
  return modelOver(stepper, { id, tokenizer, template: undefined });
}
