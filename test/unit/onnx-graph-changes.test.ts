import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { withExactProducts } from '../../src/engines/onnx/decoder/exact-products.ts';
import { keepLastLogits } from '../../src/engines/onnx/decoder/last-logits.ts';
import { block, whole } from '../../src/engines/onnx/proto/protobuf.ts';

/** A ModelProto whose graph has these nodes. */
const modelOf = (...nodes: Uint8Array[]): Uint8Array =>
  block(
    7,
    nodes.map((node) => block(1, node)),
  );

/** A NodeProto of an operator with one whole number as its attribute. */
const nodeOf = (operator: string, attribute: string, value: number): Uint8Array =>
  Buffer.concat([block(4, operator), block(5, [block(1, attribute), whole(3, value)])]);

const tiny = readFileSync(new URL('../fixtures/tiny-random-llama-onnx/onnx/model.onnx', import.meta.url));

test('products of 4 bit weights in 8 bits are made exact in a copy', () => {
  const before = modelOf(nodeOf('MatMulNBits', 'accuracy_level', 4), nodeOf('MatMulNBits', 'accuracy_level', 1));
  const kept = Uint8Array.from(before);
  const after = withExactProducts(before);
  assert.deepEqual(
    Uint8Array.from(after ?? []),
    Uint8Array.from(modelOf(nodeOf('MatMulNBits', 'accuracy_level', 0), nodeOf('MatMulNBits', 'accuracy_level', 1))),
  );
  assert.deepEqual(Uint8Array.from(before), kept);
});

test('a graph without such products is left as it is, so that it is loaded once', () => {
  assert.equal(withExactProducts(modelOf(nodeOf('MatMulNBits', 'accuracy_level', 1))), undefined);
  assert.equal(withExactProducts(modelOf(nodeOf('MatMulNBits', 'bits', 4))), undefined);
  assert.equal(withExactProducts(modelOf(nodeOf('MatMul', 'accuracy_level', 4))), undefined);
  assert.equal(withExactProducts(tiny), undefined);
});

test('a graph that computes the logits of every token gets an input for how many, once', () => {
  const product = Buffer.concat([block(1, 'hidden'), block(1, 'weights'), block(2, 'logits'), block(4, 'MatMul')]);
  const kept = keepLastLogits(modelOf(nodeOf('MatMulNBits', 'accuracy_level', 4), product));
  assert.ok(kept);
  assert.ok(Buffer.from(kept).includes('num_logits_to_keep'));
  assert.equal(keepLastLogits(kept), undefined);
  // Both changes may be made of one model.
  const exact = withExactProducts(kept);
  assert.equal(exact?.length, kept.length);
  assert.equal(exact.filter((byte, at) => byte !== kept[at]).length, 1);
  assert.equal(keepLastLogits(tiny), undefined);
});
