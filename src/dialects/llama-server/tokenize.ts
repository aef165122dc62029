import { z } from 'zod';
import type { Call, DialectSettings } from '../dialect.ts';
import { boolean, must, text } from '../fields.ts';
import { tokenIds, tokenIdsSchema, tokenItems, tokenItemsSchemas } from '../prompts.ts';
import { textModel } from '../text-service.ts';
import { unknownFields } from '../unknown-fields.ts';
import { tokenizeReplySchema } from './reply-schemas.ts';

const contentError = must('a string, or a list of token ids and strings');
const tokenizeBody = z.looseObject(
  {
    model: text(),
    content: z.union([z.string(), z.array(z.unknown())], { error: contentError }).meta({ anyOf: tokenItemsSchemas }),
    add_special: boolean(),
    parse_special: boolean(),
    with_pieces: boolean(),
  },
  { error: must('a JSON object') },
);
const detokenizeBody = z.looseObject(
  { model: text(), tokens: z.array(z.unknown(), { error: must('a list of token ids') }).meta(tokenIdsSchema) },
  { error: must('a JSON object') },
);

/** `POST /tokenize`: the tokens of a text, with the text or the bytes of each where asked. */
export function tokenizeRoute(settings: DialectSettings): Call<z.infer<typeof tokenizeBody>> {
  return {
    kind: 'call',
    method: 'POST',
    paths: ['/tokenize'],
    body: tokenizeBody,
    doc: {
      summary: 'The tokens of a text',
      description: 'With `with_pieces` each comes with its text, or with its bytes where they are no UTF-8.',
      example: { content: 'Hello world' },
      reply: tokenizeReplySchema,
    },
    ignored: (body) => unknownFields(body, Object.keys(tokenizeBody.shape), settings.unknownFields ?? 'warn'),
    async run({ body, signal }, { models }) {
      const service = (await textModel(models, body.model)).text;
      const { content } = body;
      const items = typeof content === 'string' ? [content] : tokenItems(content, 'content');
      const options = {
        addSpecial: body.add_special ?? false,
        parseSpecial: body.parse_special ?? true,
        name: 'content',
      };
      const tokens = await service.tokenize(items, options, signal);
      if (body.with_pieces !== true) return { tokens };
      const pieces = await service.pieces(tokens, signal);
      return { tokens: tokens.map((id, index) => ({ id, piece: shown(pieces[index] ?? new Uint8Array()) })) };
    },
  };
}

/** `POST /detokenize`: the text of tokens. */
export function detokenizeRoute(settings: DialectSettings): Call<z.infer<typeof detokenizeBody>> {
  return {
    kind: 'call',
    method: 'POST',
    paths: ['/detokenize'],
    body: detokenizeBody,
    doc: {
      summary: 'The text of tokens',
      example: { tokens: [19556, 905] },
      reply: z.object({ content: z.string() }),
    },
    ignored: (body) => unknownFields(body, Object.keys(detokenizeBody.shape), settings.unknownFields ?? 'warn'),
    async run({ body, signal }, { models }) {
      const ids = tokenIds(body.tokens, 'tokens');
      return { content: await (await textModel(models, body.model)).text.detokenize(ids, 'tokens', signal) };
    },
  };
}

/** Bytes as text, or as numbers where they are no UTF-8. */
function shown(bytes: Uint8Array): string | number[] {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return [...bytes];
  }
}
