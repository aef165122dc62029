import { Template } from '@huggingface/jinja';
import { InferenceError } from '../contract/errors.ts';
import type { ChatMessage, Prompt } from '../contract/generate.ts';
import type { Tokenizer } from '../contract/tokens.ts';

/** A stretch of a prompt; in one that is not special, names of special tokens are plain text. */
export interface PromptPart {
  text: string;
  special: boolean;
}

/** Prompts that become text. */
export type TextPrompt = Extract<Prompt, { kind: 'text' | 'chat' }>;

/** Turns a prompt into text: a string as it is, messages through the model's template. */
export type RenderPrompt = (prompt: TextPrompt) => PromptPart[];

/** Marks the names of special tokens inside message contents. Noncharacters: no tokenizer or template knows them. */
const OPEN = '\uFDD0';
const CLOSE = '\uFDD1';

/**
 * Compiles a model's chat template (Jinja, as in Transformers' apply_chat_template with add_generation_prompt).
 * A model without one gets `{name or role}: {content}` lines, as AgentScope's Flask services did.
 * The function throws InferenceError invalid_request where the template refuses the messages, unsupported where the
 * template itself cannot be read.
 */
export function createRenderPrompt(template: string | undefined, tokenizer: Tokenizer): RenderPrompt {
  const render = template === undefined ? renderLines : compile(template, tokenizer);
  const specialNames = namePattern(turnNames(tokenizer, template ?? ''));
  return (prompt) => {
    if (prompt.kind === 'text') return [{ text: prompt.text, special: true }];
    const messages = prompt.messages.map((message) => ({
      ...message,
      content: fence(message.content, specialNames),
      ...(message.name !== undefined && { name: fence(message.name, specialNames) }),
    }));
    return split(render(messages));
  };
}

type Render = (messages: readonly ChatMessage[]) => string;

function compile(source: string, tokenizer: Tokenizer): Render {
  let template: Template;
  try {
    template = new Template(source);
  } catch (error) {
    // Strings need no template, so the model is of use without one.
    return () => {
      const message = `The model's chat template cannot be read (${reasonOf(error)}); send a string to /llm/ instead.`;
      throw new InferenceError('unsupported', message, { param: 'messages', cause: error });
    };
  }
  return (messages) => {
    try {
      return template.render({
        messages,
        add_generation_prompt: true,
        bos_token: tokenizer.special.bosText,
        eos_token: tokenizer.special.eosText,
      });
    } catch (error) {
      const message = `The model's chat template refuses these messages: ${reasonOf(error)}`;
      throw new InferenceError('invalid_request', message, { param: 'messages', cause: error });
    }
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function renderLines(messages: readonly ChatMessage[]): string {
  return messages.map(({ role, name, content }) => `${name ?? role}: ${content}\n`).join('');
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

/** Puts marks around the names of special tokens. Marks that the content brings itself are dropped. */
function fence(content: string, specialNames: RegExp | undefined): string {
  const clean = content.replace(/[\uFDD0\uFDD1]/g, '');
  return specialNames === undefined ? clean : clean.replace(specialNames, `${OPEN}$&${CLOSE}`);
}

/**
 * Cuts rendered text at whole pairs of marks. Text without them stays in one piece, tokenized just as Transformers does;
 * a mark that lost its partner in the template is dropped.
 */
function split(rendered: string): PromptPart[] {
  // Split at a group: every second piece is what the group matched.
  return rendered.split(/(\uFDD0[^\uFDD0\uFDD1]*\uFDD1)/).flatMap((text, index): PromptPart[] => {
    const clean = text.replace(/[\uFDD0\uFDD1]/g, '');
    return clean === '' ? [] : [{ text: clean, special: index % 2 === 0 }];
  });
}
