import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encoderGraph, type EncoderGraph } from '../../src/engines/onnx/encoder/encoder-graph.ts';
import { Encoder } from '../../src/engines/onnx/encoder/encoder.ts';
import type { Pooling } from '../../src/engines/onnx/folder/pooling.ts';
import type { Port, Tensor, Tensors, TensorType } from '../../src/engines/onnx/thread/session.ts';

const port = (name: string, shape: Port['shape'], type: TensorType | undefined = 'int64'): Port => ({
  name,
  type,
  shape,
});
const ids = port('input_ids', ['batch', 'sequence']);
const mask = port('attention_mask', ['batch', 'sequence']);
const types = port('token_type_ids', ['batch', 'sequence']);
const hidden = port('last_hidden_state', ['batch', 'sequence', 2], 'float32');

function graphOf(
  inputs: readonly Port[],
  outputs: readonly Port[],
  wants: 'vectors' | 'logits' = 'vectors',
): EncoderGraph {
  const graph = encoderGraph({ inputs, outputs }, wants);
  return typeof graph === 'string' ? assert.fail(graph) : graph;
}

/** A session that keeps what it is fed with and gives this. */
function sessionOf(output: Tensor): { fed: Tensors[]; compute(feeds: Tensors, names: readonly string[]): Tensors } {
  const fed: Tensors[] = [];
  return {
    fed,
    compute: (feeds, [name = '']) => {
      fed.push(feeds);
      return { [name]: output };
    },
  };
}

const batch = { ids: Int32Array.of(5, 6, 7, 8), types: Uint8Array.of(0, 0, 1, 0), lengths: [3, 1] };

test('inputs are padded at their end, and each input of the graph is fed with what it is called', () => {
  const positions = port('position_ids', ['batch', 'sequence']);
  const past = port('past_key_values.0.key', ['batch', 2, 'past', 4], 'float16');
  const session = sessionOf({ type: 'float32', data: new Float32Array(12), dims: [2, 3, 2] });
  const kept = port('num_logits_to_keep', []);
  const graph = graphOf([ids, mask, types, positions, past, kept], [hidden]);
  new Encoder(session, { graph, pooling: 'mean', padId: 9 }).encode(batch);
  const [feeds = {}] = session.fed;
  const fed = Object.entries(feeds).map(([name, { data, dims }]) => [name, Array.from(data, Number), dims]);
  assert.deepEqual(fed, [
    ['input_ids', [5, 6, 7, 8, 9, 9], [2, 3]],
    ['attention_mask', [1, 1, 1, 1, 0, 0], [2, 3]],
    ['token_type_ids', [0, 0, 1, 0, 0, 0], [2, 3]],
    ['position_ids', [0, 1, 2, 0, 0, 0], [2, 3]],
    ['num_logits_to_keep', [1], []],
    ['past_key_values.0.key', [], [2, 2, 0, 4]],
  ]);
});

test('types are zeros where nobody gives them', () => {
  const session = sessionOf({ type: 'float32', data: new Float32Array(12), dims: [2, 3, 2] });
  const graph = graphOf([ids, types], [hidden]);
  new Encoder(session, { graph, pooling: 'mean', padId: 0 }).encode({ ...batch, types: undefined });
  assert.deepEqual(Array.from(session.fed[0]?.['token_type_ids']?.data ?? [], Number), [0, 0, 0, 0, 0, 0]);
});

// Two inputs of 3 and 1 tokens; what stands behind the second one's end must not count.
const tokens = Float32Array.of(3, 0, 0, 0, 0, 4, 0, 2, 99, 99, 99, 99);
const pooled: [Pooling, number[]][] = [
  ['mean', [0.6, 0.8, 0, 1]],
  ['cls', [1, 0, 0, 1]],
  ['last', [0, 1, 0, 1]],
];
for (const [pooling, expected] of pooled) {
  test(`pooling ${pooling} leaves the padding out and gives vectors of length 1`, () => {
    const session = sessionOf({ type: 'float32', data: tokens, dims: [2, 3, 2] });
    const rows = new Encoder(session, { graph: graphOf([ids], [hidden]), pooling, padId: 0 }).encode(batch);
    assert.deepEqual(rows, Float32Array.from(expected));
  });
}

test('what the graph has pooled is only made of length 1, also from half floats', () => {
  const sentence = port('sentence_embedding', ['batch', 2], 'float16');
  const graph = graphOf([ids], [hidden, sentence]);
  assert.deepEqual(graph.output, { name: 'sentence_embedding', kind: 'pooled' });
  // 3, 4, -1, 0 (IEEE 754 binary16)
  const data = Uint16Array.of(0x4200, 0x4400, 0xbc00, 0x8000);
  const session = sessionOf({ type: 'float16', data, dims: [2, 2] });
  const rows = new Encoder(session, { graph, pooling: 'cls', padId: 0 }).encode(batch);
  assert.deepEqual(rows, Float32Array.of(0.6, 0.8, -1, -0));
});

test('logits stay as they are', () => {
  const graph = graphOf([ids], [port('logits', ['batch', 2], 'float32')], 'logits');
  const data = Float32Array.of(-3, 4, 5, 0);
  const session = sessionOf({ type: 'float32', data, dims: [2, 2] });
  assert.deepEqual(new Encoder(session, { graph, pooling: 'mean', padId: 0 }).encode(batch), data);
});

test('numbers that are none are an error, never an answer', () => {
  const graph = graphOf([ids], [port('logits', ['batch', 2], 'float16')], 'logits');
  // infinity
  const session = sessionOf({ type: 'float16', data: Uint16Array.of(0x7c00, 0, 0, 0), dims: [2, 2] });
  assert.throws(() => new Encoder(session, { graph, pooling: 'mean', padId: 0 }).encode(batch), /are no numbers/);
});

const refused: [string, readonly Port[], readonly Port[], 'vectors' | 'logits', RegExp][] = [
  ['an input that is not known', [ids, port('task_id', [])], [hidden], 'vectors', /^The graph wants task_id \(int64\)/],
  ['ids of another type', [port('input_ids', ['a', 'b'], 'bool')], [hidden], 'vectors', /wants input_ids \(bool\)/],
  ['no ids', [mask], [hidden], 'vectors', /no input input_ids/],
  [
    'a past of another form',
    [ids, port('past_key_values.0.key', [1], 'float32')],
    [hidden],
    'vectors',
    /whose type or/,
  ],
  [
    'no vectors',
    [ids],
    [port('logits', ['a', 'b', 9], 'float32')],
    'vectors',
    /gives logits, but sentence_embedding or/,
  ],
  ['no logits', [ids], [hidden], 'logits', /gives last_hidden_state, but logits is needed/],
  ['logits of each token', [ids], [port('logits', ['a', 'b', 9], 'float32')], 'logits', /gives logits, but logits is/],
];
for (const [what, inputs, outputs, wants, message] of refused) {
  test(`a graph with ${what} is refused with a sentence`, () => {
    const graph = encoderGraph({ inputs, outputs }, wants);
    assert.match(typeof graph === 'string' ? graph : '', message);
  });
}
