/** Flash attention on a CPU takes this many tokens of a sequence at once, and is half as fast with one less. */
export const TILE = 64;

/**
 * llama.cpp divides a chunk's rows (its tokens, head by head) into four parts a thread, and begins a new tile with each part and
 * each head; a tile takes the same time however few rows it has (ggml_compute_forward_flash_attn_ext_f16 in ggml-cpu/ops.cpp).
 * @returns tiles for a chunk of so many tokens
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
