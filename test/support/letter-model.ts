import type { Model } from '../../src/contract/model.ts';
import type { Tokenizer } from '../../src/contract/tokens.ts';
import { chatFormatOf } from '../../src/runtime/chat-format.ts';
import { OutputGrammars } from '../../src/runtime/output-grammars.ts';
import { createRenderPrompt } from '../../src/runtime/prompt.ts';
import { createModel } from '../../src/runtime/runtime.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import type { FakeStepper } from './fake-stepper.ts';
import { roomy } from './token-requests.ts';

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
  return createModel({
    info: {
      id,
      format: 'gguf',
      contextSize: stepper.contextSize,
      slots: stepper.slots,
      device: 'cpu "of a test"',
      tasks: ['generate'],
      created: 0,
    },
    tokenizer,
    renderPrompt: createRenderPrompt(undefined, tokenizer),
    chatFormat: chatFormatOf(undefined),
    grammars: new OutputGrammars(() => {}),
    scheduler: new Scheduler(stepper, roomy),
    defaults: { maxTokens: undefined, sampling: {} },
    maxQueue: roomy.maxQueue,
  });
}
