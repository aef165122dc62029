import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { InferenceError } from '../../../contract/errors.ts';

/** Field numbers of onnx.proto, as far as tensors are looked for. */
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;
const NODE_ATTRIBUTE = 5;
const ATTRIBUTE_TENSOR = 5;
const ATTRIBUTE_GRAPH = 6;
const TENSOR_EXTERNAL = 13;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;

/** Protobuf's wire types. */
const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

const WINDOW = 65_536;

/**
 * Looks through an ONNX file (a protobuf ModelProto) without reading its weights: which files it keeps weights in, and
 * whether it is whole. ONNX Runtime itself would print of a missing file before it throws.
 * @param path absolute
 * @returns the files beside it that hold weights, absolute, and the bytes of all
 * @throws InferenceError model_failed for a file that is cut off or no ONNX, or a file with weights that is not there
 */
export function inspectOnnxFile(path: string): { externalFiles: string[]; bytes: number } {
  const locations = locationsIn(path);
  const folder = dirname(path);
  const externalFiles: string[] = [];
  let bytes = statSync(path).size;
  for (const location of locations) {
    const file = resolve(folder, location);
    if (!file.startsWith(folder + sep)) {
      throw new InferenceError(
        'model_failed',
        `${path} keeps weights outside of its folder (${location}); fetch it again.`,
      );
    }
    try {
      bytes += statSync(file).size;
    } catch (cause) {
      throw new InferenceError(
        'model_failed',
        `${path} keeps weights in ${location}, which is not there; fetch it too.`,
        { cause },
      );
    }
    externalFiles.push(file);
  }
  return { externalFiles, bytes };
}

function locationsIn(path: string): Set<string> {
  const file = openSync(path, 'r');
  try {
    const walk = new ProtobufFile(file);
    const locations = new Set<string>();
    const graphs = modelGraphs(walk, locations);
    if (graphs === 0) throw new Error('there is no graph in it');
    return locations;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferenceError('model_failed', `${path} is no whole ONNX file (${reason}); fetch it again.`, { cause });
  } finally {
    closeSync(file);
  }
}

function modelGraphs(file: ProtobufFile, locations: Set<string>): number {
  let graphs = 0;
  for (const { number, from, to } of file.fields(0, file.size)) {
    if (number !== MODEL_GRAPH) continue;
    graphs += 1;
    readGraph(file, from, to, locations);
  }
  return graphs;
}

function readGraph(file: ProtobufFile, start: number, end: number, locations: Set<string>): void {
  for (const { number, from, to } of file.fields(start, end)) {
    if (number === GRAPH_INITIALIZER) readTensor(file, from, to, locations);
    if (number !== GRAPH_NODE) continue;
    for (const field of file.fields(from, to)) {
      if (field.number !== NODE_ATTRIBUTE) continue;
      for (const inner of file.fields(field.from, field.to)) {
        if (inner.number === ATTRIBUTE_TENSOR) readTensor(file, inner.from, inner.to, locations);
        if (inner.number === ATTRIBUTE_GRAPH) readGraph(file, inner.from, inner.to, locations);
      }
    }
  }
}

function readTensor(file: ProtobufFile, start: number, end: number, locations: Set<string>): void {
  for (const { number, from, to } of file.fields(start, end)) {
    if (number !== TENSOR_EXTERNAL) continue;
    const entry = new Map<number, string>();
    for (const field of file.fields(from, to)) entry.set(field.number, file.text(field.from, field.to));
    if (entry.get(ENTRY_KEY) === 'location') locations.add(entry.get(ENTRY_VALUE) ?? '');
  }
}

/** A field whose value are the bytes from `from` to `to`; of a number they are none. */
interface Field {
  number: number;
  from: number;
  to: number;
}

/** A protobuf message in a file, of which only tags and lengths are read. */
class ProtobufFile {
  readonly size: number;
  private readonly file: number;
  private readonly window = Buffer.alloc(WINDOW);
  private start = 0;
  private length = 0;

  constructor(file: number) {
    this.file = file;
    this.size = fstatSync(file).size;
  }

  /** The fields of the message that lies between two offsets. @throws Error where it is none */
  *fields(start: number, end: number): Generator<Field> {
    let at = start;
    while (at < end) {
      const tag = this.varint(at);
      const type = tag.value % 8;
      const number = Math.floor(tag.value / 8);
      if (type === BYTES) {
        const length = this.varint(tag.end);
        at = length.end + length.value;
        if (at > end) throw new Error('it is cut off');
        yield { number, from: length.end, to: at };
        continue;
      }
      if (type === VARINT) at = this.varint(tag.end).end;
      else if (type === FIXED64) at = tag.end + 8;
      else if (type === FIXED32) at = tag.end + 4;
      else throw new Error('its bytes are no protobuf');
      if (at > end) throw new Error('it is cut off');
    }
  }

  text(from: number, to: number): string {
    const bytes = Buffer.alloc(to - from);
    readSync(this.file, bytes, 0, bytes.length, from);
    return bytes.toString('utf8');
  }

  private varint(start: number): { value: number; end: number } {
    let value = 0;
    for (let at = start; at < start + 10; at += 1) {
      const byte = this.byte(at);
      value += (byte % 128) * 2 ** (7 * (at - start));
      if (byte < 128) return { value, end: at + 1 };
    }
    throw new Error('its bytes are no protobuf');
  }

  private byte(at: number): number {
    if (at < this.start || at >= this.start + this.length) {
      this.start = at;
      this.length = readSync(this.file, this.window, 0, WINDOW, at);
      if (this.length === 0) throw new Error('it is cut off');
    }
    return this.window[at - this.start] ?? 0;
  }
}
