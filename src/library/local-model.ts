import { z } from 'zod';
import { collect } from '../contract/collect.ts';
import type { EmbedResult } from '../contract/embed.ts';
import { InferenceError } from '../contract/errors.ts';
import type { ChatMessage, ChatPrompt, GenerateEvent, GenerateRequest, Prompt } from '../contract/generate.ts';
import type { ChatOptions, LocalModel, LocalTokenizer, Reply } from '../contract/local-model.ts';
import type { Model } from '../contract/model.ts';
import type { TextService } from '../contract/text.ts';
import { checked } from './checked.ts';
import { toOffer, toRequest } from './generate-request.ts';
import { chatOptions, embedOptions, generateOptions, messageList } from './generate-schema.ts';

const text = z.string({ error: 'a string' });
const texts = z.union([text, z.array(text).min(1)], { error: 'a text or a list of at least one text' });

/** A loaded model with the methods of the library; what is called on it goes the server's way. */
export function createLocalModel(model: Model): LocalModel {
  let disposed: Promise<void> | undefined;
  const dispose = (): Promise<void> => (disposed ??= model.dispose());
  const run = (request: GenerateRequest, signal: AbortSignal | undefined): AsyncIterable<GenerateEvent> => {
    if (disposed) throw new InferenceError('unsupported', `The model ${model.info.id} was disposed; load it again.`);
    if (model.generate === undefined) throw unable(model, 'generate text');
    return model.generate(request, signal ?? never());
  };
  const reply = async (request: GenerateRequest, signal: AbortSignal | undefined): Promise<Reply> => {
    const { choices, usage, timings } = await collect(run(request, signal));
    const [choice] = choices;
    if (choice === undefined) throw new Error('the generation ended without a completion');
    return { ...choice, usage, timings };
  };
  return {
    info: model.info,
    model,
    tokenizer: tokenizerOf(model),
    generate: async (prompt, options = {}) => reply(...continuation(prompt, options)),
    chat: async (messages, options = {}) => reply(...conversation(messages, options)),
    async *stream(input, options = {}) {
      yield* run(...(typeof input === 'string' ? continuation(input, options) : conversation(input, options)));
    },
    embed: async (input, options = {}) => embed(model, input, options),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/** The signal of calls that nobody cancels. */
function never(): AbortSignal {
  return new AbortController().signal;
}

type Asked = [request: GenerateRequest, signal: AbortSignal | undefined];

function continuation(prompt: unknown, given: unknown): Asked {
  const options = checked(generateOptions, given, '');
  return [toRequest({ kind: 'text', text: checked(text, prompt, 'prompt') }, options), options.signal];
}

function conversation(messages: unknown, given: unknown): Asked {
  const options = checked(chatOptions, given, '');
  return [toRequest(chatPrompt(messages, options), options), options.signal];
}

function chatPrompt(
  given: unknown,
  options: Pick<ChatOptions, 'tools' | 'toolChoice' | 'templateVariables'>,
): ChatPrompt {
  const messages: ChatMessage[] =
    typeof given === 'string' ? [{ role: 'user', content: given }] : checked(messageList, given, 'messages');
  const tools = toOffer(options);
  const { templateVariables: variables } = options;
  return { kind: 'chat', messages, ...(tools && { tools }), ...(variables && { variables }) };
}

async function embed(model: Model, input: unknown, given: unknown): Promise<EmbedResult> {
  const { dimensions, signal } = checked(embedOptions, given, '');
  const list = [checked(texts, input, 'texts')].flat();
  if (model.embed === undefined) throw unable(model, 'make embeddings');
  const inputs = list.map((content, index) => ({ content, name: `texts[${index}]` }));
  return await model.embed({ inputs, dimensions, names: { dimensions: 'dimensions' } }, signal ?? never());
}

function tokenizerOf(model: Model): LocalTokenizer {
  const service = (): TextService => {
    if (model.text === undefined) throw unable(model, 'tokenize texts');
    return model.text;
  };
  return {
    encode: async (input, { special = true, signal } = {}) => {
      const options = { addSpecial: special, parseSpecial: special, name: 'text' };
      return service().tokenize([checked(text, input, 'text')], options, signal ?? never());
    },
    decode: async (tokens, { signal } = {}) => service().detokenize(tokens, 'tokens', signal ?? never()),
    applyChatTemplate(messages, options = {}) {
      const prompt: Prompt = chatPrompt(messages, checked(chatOptions, options, ''));
      return service().render(prompt);
    },
  };
}

function unable({ info }: Model, what: string): InferenceError {
  return new InferenceError('unsupported', `The model ${info.id} does not ${what}; load one that does.`);
}
