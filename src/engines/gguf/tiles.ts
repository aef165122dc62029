/** Flash attention on a CPU takes this many tokens of a sequence at once, and is half as fast with one less. */
export const TILE = 64;

/** A head's tokens take as long in a whole tile as so many of them one by one (docs/benchmarks.md). */
const TOKENS_PER_TILE = 19;

/** Passing so many weights takes a token as long as attending to one other (docs/benchmarks.md). */
const WEIGHTS_PER_CELL = 50;

/** What decides how long a model's chunks take. */
export interface ChunkShape {
  /** Attention heads of the widest layer. */
  heads: number;
  threads: number;
  /** Tokens which a head attends to in the time that its share of the weights takes for one token. */
  weightCells: number;
}

/** The piece of a prompt that a slot reads next. */
export interface Piece {
  tokens: number;
  /** Tokens that stand before it. */
  held: number;
}

/** @param weights of the whole model; @param width of a layer: its heads' sizes together. @returns `weightCells` */
export function weightCells(weights: number, layers: number, width: number): number {
  return weights / (layers * width * WEIGHTS_PER_CELL);
}

/**
 * llama.cpp divides a batch's rows (its tokens, head by head) into four parts a thread, and begins a new tile with each part and
 * each head; a tile takes the same time however few rows it has (ggml_compute_forward_flash_attn_ext_f16 in ggml-cpu/ops.cpp).
 * @param heads those of all sequences in the batch
 * @returns tiles for so many tokens of each
 */
export function tilesOf(tokens: number, heads: number, threads: number): number {
  const rows = tokens * heads;
  const part = threads === 1 ? rows : Math.ceil(rows / (4 * threads));
  let tiles = 0;
  for (let row = 0; row < rows; tiles += 1) {
    const leftOfHead = tokens - (row % tokens);
    const leftOfPart = part - (row % part);
    row += Math.min(TILE, leftOfHead, leftOfPart);
  }
  return tiles;
}

/**
 * What a chunk's attention costs beyond its tokens' own: nine heads on two threads take 16 tiles for 64 tokens and 24 for 128,
 * as if 50 tokens more were read each time.
 * @returns tokens
 */
export function chunkOverhead(heads: number, threads: number): number {
  return Math.round((TILE * tilesOf(TILE, heads, threads)) / heads) - TILE;
}

/** Whether pieces of at most a tile are read sooner in one batch, each filled up to a tile, than one after another as they are. */
export function tilesPay(pieces: readonly Piece[], { heads, threads, weightCells: weights }: ChunkShape): boolean {
  const tilesCost = (count: number): number => TOKENS_PER_TILE * tilesOf(TILE, heads * count, threads);
  const asTheyAre = pieces.reduce(
    (sum, { tokens, held }) => sum + held * (tokens < TILE ? heads * tokens : tilesCost(1)),
    0,
  );
  // All sequences of a batch are computed with as many cells as the longest of them has.
  const longest = Math.max(...pieces.map(({ held }) => held));
  const padding = pieces.reduce((sum, { tokens }) => sum + TILE - tokens, 0);
  return tilesCost(pieces.length) * longest + padding * heads * weights < asTheyAre;
}
