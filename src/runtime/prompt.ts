import { Template } from '@huggingface/jinja';
import { InferenceError } from '../contract/errors.ts';
import type { ChatMessage, ChatPrompt, Prompt } from '../contract/generate.ts';
import type { Tokenizer } from '../contract/tokens.ts';
import { chatFormatOf, type ChatFormat } from './chat-format.ts';
import { createFence, cutAtFences, type PromptPart } from './fence.ts';
import { withoutTools } from './generic-tools.ts';
import { templateMessages, templateTools } from './template-values.ts';

export type { PromptPart } from './fence.ts';

/** Prompts that become text. */
export type TextPrompt = Extract<Prompt, { kind: 'text' | 'chat' }>;

/** Turns a prompt into text: a string as it is, messages through the model's template. */
export type RenderPrompt = (prompt: TextPrompt) => PromptPart[];

/**
 * Compiles a model's chat template (Jinja, as in Transformers' apply_chat_template with add_generation_prompt).
 * A model without one gets `{name or role}: {content}` lines, as AgentScope's Flask services did. Tools that the template knows
 * nothing of are described in a system message (generic-tools.ts).
 * The function throws InferenceError invalid_request where the template refuses the messages, unsupported where the
 * template itself cannot be read.
 */
export function createRenderPrompt(template: string | undefined, tokenizer: Tokenizer): RenderPrompt {
  const format = chatFormatOf(template);
  const fence = createFence(tokenizer, template ?? '');
  if (template === undefined) {
    return (prompt) =>
      prompt.kind === 'text' ? asItIs(prompt.text) : cutAtFences(lines(fence(known(prompt, format))));
  }
  const render = compile(template, tokenizer);
  return (prompt) => {
    if (prompt.kind === 'text') return asItIs(prompt.text);
    const values = {
      ...prompt.variables,
      messages: templateMessages(known(prompt, format), format.toolFormat.idLength),
      ...(format.native && prompt.tools && { tools: templateTools(prompt.tools.tools) }),
    };
    return cutAtFences(render(fence(values)));
  };
}

function asItIs(text: string): PromptPart[] {
  return [{ text, special: true }];
}

/** The messages in roles and words that the template knows. */
function known({ messages, tools }: ChatPrompt, { native, developer }: ChatFormat): readonly ChatMessage[] {
  const plain = native ? messages : withoutTools(messages, tools?.tools ?? []);
  return developer ? plain : plain.map((one) => (one.role === 'developer' ? { ...one, role: 'system' } : one));
}

function lines(messages: readonly ChatMessage[]): string {
  return messages.map(({ role, name, content }) => `${name ?? role}: ${content}\n`).join('');
}

/** What keeps a text from being a chat template; undefined where it is one. */
export function templateFault(source: string): string | undefined {
  try {
    void new Template(source);
    return undefined;
  } catch (error) {
    return reasonOf(error).replace(/\.$/, '');
  }
}

function compile(source: string, tokenizer: Tokenizer): (values: object) => string {
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
  return (values) => {
    try {
      return template.render({
        ...values,
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
