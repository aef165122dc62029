import { inMemory, type ByteSource } from '../proto/byte-source.ts';
import {
  DATA_TYPE,
  DIMENSION,
  GRAPH,
  MODEL,
  NODE,
  SHAPE,
  TENSOR,
  TENSOR_TYPE,
  TYPE,
  VALUE,
} from '../proto/onnx-proto.ts';
import { block, fields, textOf, whole, type Field } from '../proto/protobuf.ts';

/** Operators whose rows come from the same rows of their first input. */
const products = new Set(['MatMul', 'MatMulNBits', 'FusedMatMul']);

/** The input that exports of Transformers.js have where they compute only the last so many logits. */
export const KEPT = 'num_logits_to_keep';

/**
 * Changes a decoder so that it computes only the last logits of each row, as many as the new input num_logits_to_keep says. Most
 * exports give those of every token, and nobody looks at any but the last: a fifth of the time to read a prompt with SmolLM2,
 * and 100 MB for 512 tokens.
 * @param model an ONNX file's bytes (onnx.proto, ModelProto)
 * @returns the changed model; undefined where it has that input, or its logits don't come straight from a product
 * of matrices
 */
export function keepLastLogits(model: Uint8Array): Uint8Array | undefined {
  const source = inMemory(model);
  const graph = [...fields(source)].find(({ number }) => number === MODEL.graph);
  if (!graph) return undefined;
  const parts = [...fields(source, graph.from, graph.end)];
  const inputs = parts.filter(({ number }) => number === GRAPH.input);
  if (inputs.some((input) => nameOf(source, input) === KEPT)) return undefined;
  const nodes = parts.filter(({ number }) => number === GRAPH.node);
  const product = productBefore('logits', source, nodes);
  if (!product) return undefined;
  const [hidden] = product.inputs;
  if (hidden === undefined) return undefined;
  const kept = 'hearth/kept';
  const node = [
    model.subarray(product.node.from, hidden.start),
    block(NODE.input, kept),
    model.subarray(hidden.end, product.node.end),
  ];
  return join(model, graph, [
    model.subarray(graph.from, product.node.start),
    block(GRAPH.node, node),
    model.subarray(product.node.end, graph.end),
    ...sliceOf(textOf(source, hidden), kept),
  ]);
}

/** Nodes, an input and constants for `kept = hidden[:, -num_logits_to_keep:]`. Their order does not matter to ONNX Runtime. */
function sliceOf(hidden: string, kept: string): Uint8Array[] {
  const node = (type: string, inputs: readonly string[], output: string): Uint8Array =>
    block(GRAPH.node, [
      ...inputs.map((name) => block(NODE.input, name)),
      block(NODE.output, output),
      block(NODE.opType, type),
    ]);
  const constant = (name: string, value: number): Uint8Array =>
    block(GRAPH.initializer, [
      whole(TENSOR.dims, 1),
      whole(TENSOR.type, DATA_TYPE.int64),
      whole(TENSOR.int64s, value),
      block(TENSOR.name, name),
    ]);
  const shape = block(SHAPE.dimension, whole(DIMENSION.value, 1));
  const tensor = [whole(TENSOR_TYPE.elementType, DATA_TYPE.int64), block(TENSOR_TYPE.shape, shape)];
  return [
    node('Neg', [KEPT], 'hearth/start'),
    node('Slice', [hidden, 'hearth/start', 'hearth/end', 'hearth/axis'], kept),
    constant('hearth/end', Number.MAX_SAFE_INTEGER),
    constant('hearth/axis', 1),
    block(GRAPH.input, [block(VALUE.name, KEPT), block(VALUE.type, block(TYPE.tensor, tensor))]),
  ];
}

/** The product of matrices that a value comes from, at once or by a cast. */
function productBefore(
  value: string,
  source: ByteSource,
  nodes: readonly Field[],
): { node: Field; inputs: Field[] } | undefined {
  for (const node of nodes.toReversed()) {
    const parts = [...fields(source, node.from, node.end)];
    const of = (number: number): Field[] => parts.filter((part) => part.number === number);
    if (!of(NODE.output).some((output) => textOf(source, output) === value)) continue;
    const inputs = of(NODE.input);
    const [type] = of(NODE.opType).map((part) => textOf(source, part));
    const [first] = inputs;
    if (type === 'Cast' && first) return productBefore(textOf(source, first), source, nodes);
    return products.has(type ?? '') ? { node, inputs } : undefined;
  }
  return undefined;
}

/** The name of a ValueInfoProto. */
function nameOf(source: ByteSource, { from, end }: Field): string | undefined {
  const name = [...fields(source, from, end)].find(({ number }) => number === VALUE.name);
  return name && textOf(source, name);
}

/** The model with another graph, in one piece of memory: it is large. */
function join(model: Uint8Array, graph: Field, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const header = block(MODEL.graph, new Uint8Array()).subarray(0, 1);
  const size = whole(1, length).subarray(1);
  return Buffer.concat([model.subarray(0, graph.start), header, size, ...parts, model.subarray(graph.end)]);
}
