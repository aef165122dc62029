/** A field of a message in protobuf's wire format: its bytes, and those of its value where it has a length. */
export interface Field {
  number: number;
  /** Where the field begins, its value begins, and both end. */
  start: number;
  from: number;
  end: number;
}

/** The fields of a message (protobuf.dev, "Encoding"). @throws Error where the bytes are none */
export function* fields(bytes: Uint8Array, from = 0, to = bytes.length): Generator<Field, void, void> {
  let at = from;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at];
      if (byte === undefined || at >= to) throw new Error('a message was cut off');
      at += 1;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < to) {
    const start = at;
    const tag = varint();
    const kind = tag % 8;
    let value = at;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const length = varint();
      value = at;
      at += length;
    } else throw new Error(`a field has the wire type ${kind}`);
    if (at > to) throw new Error('a message was cut off');
    yield { number: Math.floor(tag / 8), start, from: value, end: at };
  }
}

/** A field with a length: a text, bytes or a message. */
export function block(number: number, value: string | Uint8Array | readonly Uint8Array[]): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.concat([value].flat());
  return Buffer.concat([varintBytes(number * 8 + 2), varintBytes(bytes.length), bytes]);
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
