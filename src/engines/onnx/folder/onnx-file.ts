import { closeSync, openSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { InferenceError } from '../../../contract/errors.ts';
import { inFile, type ByteSource } from '../proto/byte-source.ts';
import { ATTRIBUTE, ENTRY, GRAPH, MODEL, NODE, TENSOR } from '../proto/onnx-proto.ts';
import { fields, textOf, type Field } from '../proto/protobuf.ts';

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
    const source = inFile(file);
    const locations = new Set<string>();
    let found = false;
    for (const part of blocks(source)) {
      if (part.number !== MODEL.graph) continue;
      found = true;
      readGraph(source, part, locations);
    }
    if (!found) throw new Error('there is no graph in it');
    return locations;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferenceError('model_failed', `${path} is no whole ONNX file (${reason}); fetch it again.`, { cause });
  } finally {
    closeSync(file);
  }
}

/** The texts, bytes and messages in a message. */
function* blocks(source: ByteSource, within?: Field): Generator<Field, void, void> {
  for (const field of fields(source, within?.from, within?.end)) if (field.block) yield field;
}

function readGraph(source: ByteSource, graph: Field, locations: Set<string>): void {
  for (const part of blocks(source, graph)) {
    if (part.number === GRAPH.initializer) readTensor(source, part, locations);
    if (part.number !== GRAPH.node) continue;
    for (const attribute of blocks(source, part)) {
      if (attribute.number !== NODE.attribute) continue;
      for (const value of blocks(source, attribute)) {
        if (value.number === ATTRIBUTE.tensor) readTensor(source, value, locations);
        if (value.number === ATTRIBUTE.graph) readGraph(source, value, locations);
      }
    }
  }
}

function readTensor(source: ByteSource, tensor: Field, locations: Set<string>): void {
  for (const part of blocks(source, tensor)) {
    if (part.number !== TENSOR.external) continue;
    const entry = new Map(Array.from(blocks(source, part), (text) => [text.number, textOf(source, text)]));
    if (entry.get(ENTRY.key) === 'location') locations.add(entry.get(ENTRY.value) ?? '');
  }
}
