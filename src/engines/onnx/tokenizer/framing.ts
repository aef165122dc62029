import { z, type ZodType } from 'zod';
import type { TokenizerJson, TokenizerPart } from '../folder/config-schemas.ts';

/** A piece of the frame around an input: fixed tokens, or the first or second input. Each has a token type. */
type FramePiece = { ids: readonly number[]; type: number } | { input: 'A' | 'B'; type: number };

/** An input with the tokens around it, and the token type of each. */
export interface FramedPair {
  ids: readonly number[];
  types: readonly number[];
}

/** What a model wants around an input, and around and between two. */
export interface Framing {
  /** Tokens that an input begins with. */
  readonly before: readonly number[];
  /** Those that it ends with. */
  readonly after: readonly number[];
  /** The input with the tokens around it that it lacks. */
  framed(input: readonly number[]): readonly number[];
  /** Two inputs as one. */
  paired(first: readonly number[], second: readonly number[]): FramedPair;
}

/**
 * The frame by the tokenizer's post-processor; one that has none leaves inputs as they are.
 * @throws Error for a post-processor that is not what its type says
 */
export function createFraming({ post_processor: processor }: Pick<TokenizerJson, 'post_processor'>): Framing {
  const { single, pair } = templateOf(processor) ?? { single: [A], pair: [A, B] };
  const at = single.findIndex((piece) => 'input' in piece);
  const fixed = (pieces: readonly FramePiece[]): number[] =>
    pieces.flatMap((piece) => ('ids' in piece ? piece.ids : []));
  const before = fixed(single.slice(0, at));
  const after = fixed(single.slice(at + 1));
  return {
    before,
    after,
    framed: (input) => [
      ...(startsWith(input, before) ? [] : before),
      ...input,
      ...(startsWith(input.toReversed(), after.toReversed()) ? [] : after),
    ],
    paired: (first, second) => {
      const ids: number[] = [];
      const types: number[] = [];
      for (const piece of pair) {
        const tokens = 'ids' in piece ? piece.ids : piece.input === 'A' ? first : second;
        for (const token of tokens) {
          ids.push(token);
          types.push(piece.type);
        }
      }
      return { ids, types };
    },
  };
}

const A: FramePiece = { input: 'A', type: 0 };
const B: FramePiece = { input: 'B', type: 1 };

function startsWith(tokens: readonly number[], start: readonly number[]): boolean {
  return start.every((id, index) => tokens[index] === id);
}

interface Template {
  single: readonly FramePiece[];
  pair: readonly FramePiece[];
}

const type = z.int().default(0);
const templatePiece = z.union([
  z.object({ SpecialToken: z.object({ id: z.string(), type_id: type }) }),
  z.object({ Sequence: z.object({ id: z.enum(['A', 'B']), type_id: type }) }),
]);
const templateSchema = z.object({
  single: z.array(templatePiece),
  pair: z.array(templatePiece),
  special_tokens: z.record(z.string(), z.object({ ids: z.array(z.int()) })).default({}),
});
const namedId = z.tuple([z.string(), z.int()]);
const clsSchema = z.object({ cls: namedId, sep: namedId });
const sequenceSchema = z.object({ processors: z.array(z.looseObject({ type: z.string() })) });

/**
 * The frame that a post-processor of the Rust library `tokenizers` writes (its processors/).
 * @throws Error for one that is not what its type says
 */
function templateOf(processor: TokenizerPart): Template | undefined {
  switch (processor?.type) {
    case 'TemplateProcessing': {
      const { single, pair, special_tokens: special } = parsed(templateSchema, processor);
      const piecesOf = (pieces: typeof single): FramePiece[] =>
        pieces.map((piece) =>
          'Sequence' in piece
            ? { input: piece.Sequence.id, type: piece.Sequence.type_id }
            : { ids: special[piece.SpecialToken.id]?.ids ?? [], type: piece.SpecialToken.type_id },
        );
      return { single: piecesOf(single), pair: piecesOf(pair) };
    }
    case 'BertProcessing': {
      const { cls, sep } = parsed(clsSchema, processor);
      const [start, end] = [
        { ids: [cls[1]], type: 0 },
        { ids: [sep[1]], type: 0 },
      ];
      return { single: [start, A, end], pair: [start, A, end, B, { ...end, type: 1 }] };
    }
    case 'RobertaProcessing': {
      const { cls, sep } = parsed(clsSchema, processor);
      const [start, end] = [
        { ids: [cls[1]], type: 0 },
        { ids: [sep[1]], type: 0 },
      ];
      // It knows no second type.
      return { single: [start, A, end], pair: [start, A, end, end, { ...B, type: 0 }, end] };
    }
    case 'Sequence':
      return parsed(sequenceSchema, processor)
        .processors.map(templateOf)
        .find((template) => template !== undefined);
    default:
      return undefined;
  }
}

function parsed<Value>(schema: ZodType<Value>, processor: TokenizerPart): Value {
  const result = schema.safeParse(processor);
  if (result.success) return result.data;
  throw new Error(`its post_processor ${processor?.type} is not complete`, { cause: result.error });
}
