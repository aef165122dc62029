import { Template } from '@huggingface/jinja';
import { InferenceError } from '../contract/errors.ts';
import type { ChatMessage, Prompt } from '../contract/generate.ts';
import type { Tokenizer } from '../contract/tokens.ts';

/** A stretch of a prompt; in one that is not special, names of special tokens are plain text. */
export interface PromptPart {
  text: string;
  special: boolean;
}

/** Turns a prompt into text: a string as it is, messages through the model's template. */
export type RenderPrompt = (prompt: Prompt) => PromptPart[];

/** Marks the names of special tokens inside message contents. Noncharacters: no tokenizer or template knows them. */
const OPEN = '\uFDD0';
const CLOSE = '\uFDD1';

/**
 * Compiles a model's chat template (Jinja, as in Transformers' apply_chat_template with add_generation_prompt).
 * A model without one gets `{name or role}: {content}` lines, as AgentScope's Flask services did.
 * The function throws InferenceError invalid_request where the template refuses the messages.
 */
export function createRenderPrompt(template: string | undefined, tokenizer: Tokenizer): RenderPrompt {
  const render = template === undefined ? renderLines : compile(template, tokenizer);
  const specialTexts = specialPattern(tokenizer.specialTexts);
  return (prompt) => {
    if (prompt.kind === 'text') return [{ text: prompt.text, special: true }];
    const messages = prompt.messages.map((message) => ({
      ...message,
      content: fence(message.content, specialTexts),
      ...(message.name !== undefined && { name: fence(message.name, specialTexts) }),
    }));
    return split(render(messages));
  };
}

function compile(source: string, tokenizer: Tokenizer): (messages: readonly ChatMessage[]) => string {
  const template = new Template(source);
  return (messages) => {
    try {
      return template.render({
        messages,
        add_generation_prompt: true,
        bos_token: tokenizer.special.bosText,
        eos_token: tokenizer.special.eosText,
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new InferenceError('invalid_request', `The model's chat template refuses these messages: ${reason}`, {
        param: 'messages',
        cause: error,
      });
    }
  };
}

function renderLines(messages: readonly ChatMessage[]): string {
  return messages.map(({ role, name, content }) => `${name ?? role}: ${content}\n`).join('');
}

/** A pattern that finds the names of special tokens, the longest first where one begins another. */
function specialPattern(texts: readonly string[]): RegExp | undefined {
  if (texts.length === 0) return undefined;
  const escaped = texts
    .toSorted((a, b) => b.length - a.length)
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return new RegExp(escaped.join('|'), 'gu');
}

/** Puts marks around the names of special tokens. Marks that the content brings itself are dropped. */
function fence(content: string, specialTexts: RegExp | undefined): string {
  const clean = content.replace(/[\uFDD0\uFDD1]/g, '');
  return specialTexts === undefined ? clean : clean.replace(specialTexts, `${OPEN}$&${CLOSE}`);
}

/** Cuts rendered text at the marks. Text without them stays in one piece, tokenized just as Transformers does. */
function split(rendered: string): PromptPart[] {
  return rendered.split(/(\uFDD0[^\uFDD0\uFDD1]*\uFDD1)/).flatMap((text): PromptPart[] => {
    const special = !text.startsWith(OPEN);
    const clean = text.replace(/[\uFDD0\uFDD1]/g, '');
    return clean === '' ? [] : [{ text: clean, special }];
  });
}
