import type { TextService } from '../contract/text.ts';
import { pieceOf, PieceWriter, slicesOf, textOf } from './pieces.ts';
import { inField, itemParts, partsOf } from './prompts.ts';
import type { ModelParts } from './runtime.ts';
import { encodeSlices, refuseUnknownIds, tokenizePrompt } from './tokenize.ts';

/** What a model's tokenizer and template make of texts, by the same ways that its prompts go. */
export function createTextService(parts: ModelParts): TextService {
  const { tokenizer, renderPrompt, chatTemplate, defaults } = parts;
  const { bos, bosText, eosText } = tokenizer.special;
  return {
    chatTemplate,
    bosText,
    eosText,
    defaults,
    async tokenize(items, { addSpecial, parseSpecial, name }, signal) {
      const tokens: number[] = [];
      await inField(name, async () => {
        for await (const ids of encodeSlices(itemParts(items, parseSpecial), tokenizer, signal)) {
          for (const id of ids) tokens.push(id);
        }
      });
      const wanted = addSpecial && bos !== undefined && typeof items[0] === 'string' && tokens[0] !== bos;
      return wanted ? [bos, ...tokens] : tokens;
    },
    async pieces(ids, signal) {
      const pieces: Uint8Array[] = [];
      for await (const slice of slicesOf(ids, signal)) for (const id of slice) pieces.push(pieceOf(id, tokenizer));
      return pieces;
    },
    async detokenize(ids, name, signal) {
      const writer = new PieceWriter(tokenizer);
      let text = '';
      for await (const slice of slicesOf(ids, signal)) {
        refuseUnknownIds(slice, tokenizer, name);
        text += writer.add(slice);
      }
      return text + writer.end();
    },
    render: (prompt) =>
      partsOf(prompt, renderPrompt, tokenizer)
        .map((part) => ('ids' in part ? textOf(part.ids, tokenizer) : part.text))
        .join(''),
    async count(prompt, signal) {
      const tokens = await tokenizePrompt(partsOf(prompt, renderPrompt, tokenizer), tokenizer, Infinity, signal);
      return tokens.length;
    },
  };
}
