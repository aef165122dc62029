import type { ByteSource } from './byte-source.ts';

/** Wire types (protobuf.dev, "Encoding"). */
const VARINT = 0;
const FIXED64 = 1;
const BLOCK = 2;
const FIXED32 = 5;
/** Bytes of a varint at most. */
const LONGEST = 10;

/** A field of a message in protobuf's wire format. */
export interface Field {
  number: number;
  /** Whether it has a length: a text, bytes or a message. Else it is a number. */
  block: boolean;
  /** Where the field begins, its value begins, and both end. */
  start: number;
  from: number;
  end: number;
}

/**
 * The fields of the message that lies between two offsets. Only tags, lengths and numbers are looked at.
 * @throws Error where it is none: `it is cut off`, `its bytes are no protobuf`
 */
export function* fields(source: ByteSource, from = 0, to = source.size): Generator<Field, void, void> {
  let at = from;
  const varint = (): number => {
    let value = 0;
    for (let count = 0; count < LONGEST; count += 1) {
      const byte = at < to ? source.byte(at) : undefined;
      if (byte === undefined) throw new Error('it is cut off');
      at += 1;
      value += (byte % 128) * 128 ** count;
      if (byte < 128) return value;
    }
    throw new Error('its bytes are no protobuf');
  };
  while (at < to) {
    const start = at;
    const tag = varint();
    const type = tag % 8;
    let value = at;
    if (type === VARINT) varint();
    else if (type === FIXED64) at += 8;
    else if (type === FIXED32) at += 4;
    else if (type === BLOCK) {
      const length = varint();
      value = at;
      at += length;
    } else throw new Error('its bytes are no protobuf');
    if (at > to) throw new Error('it is cut off');
    yield { number: Math.floor(tag / 8), block: type === BLOCK, start, from: value, end: at };
  }
}

/** The value of a field that is a text. */
export function textOf(source: ByteSource, { from, end }: Field): string {
  return Buffer.from(source.bytes(from, end)).toString();
}

/** A field with a length: a text, bytes or a message. */
export function block(number: number, value: string | Uint8Array | readonly Uint8Array[]): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.concat([value].flat());
  return Buffer.concat([varintBytes(number * 8 + BLOCK), varintBytes(bytes.length), bytes]);
}

/** A field with a whole number from 0 on. */
export function whole(number: number, value: number): Uint8Array {
  return Buffer.concat([varintBytes(number * 8), varintBytes(value)]);
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
}
