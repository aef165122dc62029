import { InferenceError } from '../contract/errors.ts';
import type { InfillExtra, Prompt } from '../contract/generate.ts';
import type { Tokenizer } from '../contract/tokens.ts';
import type { TokenPart } from './prompts.ts';

/** Before another file where the vocabulary has no mark for it; as llama-server does. */
const SNIPPET = '\n\n--- snippet ---\n\n';

/**
 * A fill-in-the-middle prompt, prefix before suffix, other files first (https://arxiv.org/pdf/2409.12186, with llama-server's
 * names for what the client does not name). No text of the client's becomes a special token.
 * @throws InferenceError invalid_request for a model that was not trained on it
 */
export function infillParts(prompt: Extract<Prompt, { kind: 'infill' }>, tokenizer: Tokenizer): TokenPart[] {
  const { infill, bos } = tokenizer.special;
  if (!infill) {
    const message =
      'This model has no fill-in-the-middle tokens, so it cannot write what stands before a suffix; use a model that has them.';
    throw new InferenceError('invalid_request', message);
  }
  const { prefix, suffix, middle, project, file } = infill;
  const plain = (text: string): TokenPart => ({ text, special: false });
  const one = (id: number): TokenPart => ({ ids: [id] });
  const extra = prompt.extra.flatMap(({ filename, text }: InfillExtra) =>
    file === undefined ? [plain(SNIPPET), plain(text)] : [one(file), plain(`${filename ?? 'tmp'}\n`), plain(text)],
  );
  return [
    ...(bos === undefined ? [] : [one(bos)]),
    ...(extra.length > 0 && project !== undefined ? [one(project), plain('myproject\n')] : []),
    ...extra,
    ...(extra.length > 0 && file !== undefined ? [one(file), plain('filename\n')] : []),
    one(prefix),
    plain(prompt.prefix),
    one(suffix),
    plain(prompt.suffix),
    one(middle),
  ];
}
