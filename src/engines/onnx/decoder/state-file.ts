import { open } from 'node:fs/promises';

/** A state file is this mark, the number of tokens in 32 bits (both little-endian), and the slot's pieces. */
const MARK = 0x3156_4b48;
/** Numbers before the pieces. */
const HEADER = 2;

/** Writes keys and values of a slot to a file. */
export async function writeState(file: string, tokens: number, pieces: Iterable<Uint8Array>): Promise<void> {
  const handle = await open(file, 'w');
  try {
    // `write` may write less than all where the disk is nearly full.
    await handle.writeFile(new Uint8Array(Uint32Array.of(MARK, tokens).buffer));
    for (const piece of pieces) await handle.writeFile(piece);
  } finally {
    await handle.close();
  }
}

/**
 * Reads a state file into the pieces that its number of tokens takes.
 * @param most tokens that fit
 * @returns the number of tokens
 * @throws Error where it is no such file or was cut off
 */
export async function readState(
  file: string,
  most: number,
  pieces: (tokens: number) => Iterable<Uint8Array>,
): Promise<number> {
  const handle = await open(file);
  try {
    const header = new Uint32Array(HEADER);
    // Without a position, so that the pieces are read from where the header ends.
    await handle.read(new Uint8Array(header.buffer));
    const [mark, tokens = 0] = header;
    if (mark !== MARK || tokens > most) throw new Error(`${file} holds no state that fits.`);
    for (const piece of pieces(tokens)) {
      const { bytesRead } = await handle.read(piece);
      if (bytesRead !== piece.length) throw new Error(`${file} was cut off.`);
    }
    return tokens;
  } finally {
    await handle.close();
  }
}
