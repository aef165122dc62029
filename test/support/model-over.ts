import type { Model } from '../../src/contract/model.ts';
import type { Stepper, Tokenizer } from '../../src/contract/tokens.ts';
import { chatFormatOf } from '../../src/runtime/chat-format.ts';
import { OutputGrammars } from '../../src/runtime/output-grammars.ts';
import { createRenderPrompt } from '../../src/runtime/prompt.ts';
import { createModel } from '../../src/runtime/runtime.ts';
import { Scheduler } from '../../src/scheduling/scheduler.ts';
import { roomy } from './token-requests.ts';

/** A model with the real runtime and scheduler over any stepper. @param template its Jinja chat template, where it has one */
export function modelOver(
  stepper: Stepper,
  { id, tokenizer, template }: { id: string; tokenizer: Tokenizer; template: string | undefined },
): Model {
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
    renderPrompt: createRenderPrompt(template, tokenizer),
    chatFormat: chatFormatOf(template),
    grammars: new OutputGrammars(() => {}),
    scheduler: new Scheduler(stepper, { ...roomy, endTokens: tokenizer.special.eog }),
    defaults: { maxTokens: undefined, sampling: {} },
    maxQueue: roomy.maxQueue,
  });
}
