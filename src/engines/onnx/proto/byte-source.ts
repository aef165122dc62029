import { fstatSync, readSync } from 'node:fs';

/** Bytes that are looked at here and there. */
export interface ByteSource {
  readonly size: number;
  /** The byte at an offset; undefined where there is none. */
  byte(at: number): number | undefined;
  /** The bytes between two offsets. */
  bytes(from: number, end: number): Uint8Array;
}

/** Bytes in memory. */
export function inMemory(bytes: Uint8Array): ByteSource {
  return { size: bytes.length, byte: (at) => bytes[at], bytes: (from, end) => bytes.subarray(from, end) };
}

const WINDOW = 65_536;

/** Bytes of a file, read where somebody looks, some around it. @param file an open one's descriptor */
export function inFile(file: number): ByteSource {
  const window = Buffer.alloc(WINDOW);
  let start = 0;
  let length = 0;
  return {
    size: fstatSync(file).size,
    byte: (at) => {
      if (at < start || at >= start + length) {
        start = at;
        length = readSync(file, window, 0, WINDOW, at);
      }
      return length === 0 ? undefined : window[at - start];
    },
    bytes: (from, end) => {
      const bytes = Buffer.alloc(end - from);
      return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
    },
  };
}
