import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { chooseFiles, type Choice, type Wish } from '../../src/hub/choose.ts';
import { quantizationOf } from '../../src/hub/gguf-files.ts';
import type { RepoFile } from '../../src/hub/hub.ts';

const GB = 10 ** 9;

function files(sizes: Record<string, number>): RepoFile[] {
  return Object.entries(sizes).map(([path, bytes]) => ({ path, bytes, checksum: undefined }));
}

function choose(sizes: Record<string, number>, wish: Partial<Wish> = {}): Choice {
  const usual = { name: 'hf:o/r', quantization: undefined, file: undefined, memory: 100 * GB };
  const choice = chooseFiles(files(sizes), { ...usual, ...wish });
  assert.ok(choice);
  return choice;
}

function chosen(sizes: Record<string, number>, wish: Partial<Wish> = {}): string[] {
  return choose(sizes, wish).files.map(({ path }) => path);
}

function refuses(sizes: Record<string, number>, wish: Partial<Wish>, code: string, message: RegExp): void {
  assert.throws(
    () => choose(sizes, wish),
    (error) => {
      assert.ok(error instanceof InferenceError);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    },
  );
}

const labels: [string, string | undefined][] = [
  ['llama-2-7b-chat.Q4_K_M.gguf', 'Q4_K_M'],
  ['qwen2.5-7b-instruct-q4_k_m-00001-of-00002.gguf', 'Q4_K_M'],
  ['Model-IQ4_XS.gguf', 'IQ4_XS'],
  ['Model-UD-Q4_K_XL.gguf', 'UD-Q4_K_XL'],
  ['BF16/Model-BF16-00001-of-00002.gguf', 'BF16'],
  ['Q8_0/Model-00001-of-00002.gguf', 'Q8_0'],
  ['model-f16.gguf', 'F16'],
  ['model.fp16.gguf', 'F16'],
  ['gpt-oss-20b-mxfp4.gguf', 'MXFP4'],
  ['ggml-model-q4_0.gguf', 'Q4_0'],
  ['model-TQ1_0.gguf', 'TQ1_0'],
  ['Q4-lovers-7b.gguf', undefined],
  ['model.gguf', undefined],
];
for (const [path, label] of labels)
  test(`reads the quantization of ${path}`, () => assert.equal(quantizationOf(path), label));

const seven = {
  'README.md': 1,
  'm.Q2_K.gguf': 2.8 * GB,
  'm.Q4_0.gguf': 3.8 * GB,
  'm.Q4_K_M.gguf': 4.1 * GB,
  'm.Q5_K_M.gguf': 4.8 * GB,
  'm.Q8_0.gguf': 7.2 * GB,
  'm.fp16.gguf': 13.5 * GB,
};

test('Q4_K_M is taken where nobody says which, and the next best where it does not fit', () => {
  assert.deepEqual(chosen(seven), ['m.Q4_K_M.gguf']);
  assert.deepEqual(chosen(seven, { memory: 5 * GB }), ['m.Q4_0.gguf']);
  assert.deepEqual(chosen(seven, { memory: 4 * GB }), ['m.Q2_K.gguf']);
  assert.deepEqual(choose(seven).notes, []);
});

test('where nothing fits, the smallest is taken with a word', () => {
  const { files: taken, notes } = choose(seven, { memory: GB });
  assert.deepEqual(
    taken.map(({ path }) => path),
    ['m.Q2_K.gguf'],
  );
  assert.deepEqual(notes, [
    'm.Q2_K is the smallest of hf:o/r, but its 2.6 GiB may not fit beside its context into the 954 MiB that are free.',
  ]);
});

test('a small model is taken with eight bits', () => {
  assert.deepEqual(chosen({ 's-Q4_K_M.gguf': 0.4 * GB, 's-Q8_0.gguf': 0.6 * GB, 's-f16.gguf': GB }), ['s-Q8_0.gguf']);
});

test('a quantization is asked for in any case', () => {
  assert.deepEqual(chosen(seven, { quantization: 'q8_0' }), ['m.Q8_0.gguf']);
  assert.deepEqual(chosen(seven, { quantization: 'F16' }), ['m.fp16.gguf']);
  assert.deepEqual(chosen({ 'm-UD-Q4_K_XL.gguf': 1 }, { quantization: 'Q4_K_XL' }), ['m-UD-Q4_K_XL.gguf']);
});

test('one that is not there is refused with those that are', () => {
  refuses(
    seven,
    { quantization: 'Q6_K' },
    'model_not_found',
    /^hf:o\/r has no quantization Q6_K; there are Q2_K, Q4_0, Q4_K_M, Q5_K_M, Q8_0, F16\.$/,
  );
  refuses(seven, { file: 'x.gguf' }, 'model_not_found', /^hf:o\/r has no file x\.gguf; there are Q2_K,/);
  refuses(
    seven,
    { file: 'README.md' },
    'model_not_found',
    /^README\.md of hf:o\/r is neither a GGUF nor an ONNX model;/,
  );
});

const split = {
  'Q8_0/m-Q8_0-00002-of-00003.gguf': 2 * GB,
  'Q8_0/m-Q8_0-00001-of-00003.gguf': 2 * GB,
  'Q8_0/m-Q8_0-00003-of-00003.gguf': GB,
  'Q4_0/m-Q4_0-00001-of-00002.gguf': GB,
};

test('all parts of a split file are taken, in their order, by whichever it was named', () => {
  const parts = [1, 2, 3].map((part) => `Q8_0/m-Q8_0-0000${part}-of-00003.gguf`);
  assert.deepEqual(chosen(split), parts);
  assert.deepEqual(chosen(split, { file: 'Q8_0/m-Q8_0-00002-of-00003.gguf' }), parts);
  assert.equal(choose(split).bytes, 5 * GB);
  assert.equal(choose(split).id, 'm-Q8_0');
});

test('a split file with a part missing is refused, and passed over where nobody asked for it', () => {
  refuses(
    split,
    { quantization: 'Q4_0' },
    'model_not_found',
    /m-Q4_0-00001-of-00002\.gguf of hf:o\/r is split, and 1 of its parts are not there/,
  );
});

test('a projector is left out with a word, and refused by name', () => {
  const vision = { 'm-Q4_K_M.gguf': 2 * GB, 'mmproj-m-f16.gguf': GB };
  assert.deepEqual(chosen(vision), ['m-Q4_K_M.gguf']);
  assert.deepEqual(choose(vision).notes, ['mmproj-m-f16.gguf is not needed for text and is left out.']);
  refuses(vision, { file: 'mmproj-m-f16.gguf' }, 'model_not_found', /is a part of a model for images/);
});

test('a repository with several models wants a file', () => {
  refuses(
    { 'a-Q4_K_M.gguf': 1, 'b-Q4_K_M.gguf': 1 },
    {},
    'invalid_request',
    /^hf:o\/r holds several models; name one of their files: hf:o\/r\/a-Q4_K_M\.gguf, hf:o\/r\/b-Q4_K_M\.gguf\.$/,
  );
});

const onnx = {
  'config.json': 100,
  'generation_config.json': 100,
  'tokenizer.json': 1000,
  'tokenizer_config.json': 100,
  'chat_template.jinja': 100,
  'model.safetensors': GB,
  'model.safetensors.index.json': 100,
  '1_Pooling/config.json': 10,
  'onnx/model.onnx': 10,
  'onnx/model.onnx_data': GB,
  'onnx/model.onnx_data_1': GB,
  'onnx/model_q4.onnx': 100,
  'onnx/model_q4.onnx_data': 1000,
  'onnx/model_q4f16.onnx': 90,
  'onnx/model_quantized.onnx': 200,
};
const beside = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  '1_Pooling/config.json',
];

test('of an ONNX repository the files of one type are taken, and what lies beside them', () => {
  assert.deepEqual(chosen(onnx), ['onnx/model_q4.onnx', 'onnx/model_q4.onnx_data', ...beside]);
  assert.deepEqual(chosen(onnx, { quantization: 'fp32' }), [
    'onnx/model.onnx',
    'onnx/model.onnx_data',
    'onnx/model.onnx_data_1',
    ...beside,
  ]);
  assert.deepEqual(chosen(onnx, { quantization: 'q8' }), ['onnx/model_quantized.onnx', ...beside]);
  assert.deepEqual(chosen(onnx, { file: 'onnx/model_q4f16.onnx' }), ['onnx/model_q4f16.onnx', ...beside]);
  assert.equal(choose(onnx).format, 'onnx');
  assert.equal(choose(onnx).quantization, 'q4');
  refuses(
    onnx,
    { quantization: 'bnb4' },
    'model_not_found',
    /has no quantization bnb4; there are q4, q8, fp32, q4f16\.$/,
  );
});

test('older exports and graphs at the top of the folder are found', () => {
  assert.deepEqual(chosen({ 'config.json': 1, 'onnx/decoder_model_merged_quantized.onnx': 5 }), [
    'onnx/decoder_model_merged_quantized.onnx',
    'config.json',
  ]);
  assert.deepEqual(chosen({ 'config.json': 1, 'model.onnx': 5 }), ['model.onnx', 'config.json']);
});

test('GGUF is preferred where both are there, unless the type is one of ONNX', () => {
  const both = { ...onnx, 'm-Q8_0.gguf': 5 };
  assert.deepEqual(chosen(both), ['m-Q8_0.gguf']);
  assert.equal(choose(both, { quantization: 'q4' }).format, 'onnx');
});

test('a repository with neither has nothing to choose', () => {
  const wish = { name: 'hf:o/r', quantization: undefined, file: undefined, memory: GB };
  assert.equal(chooseFiles(files({ 'config.json': 1, 'model.safetensors': GB }), wish), undefined);
  assert.equal(chooseFiles(files({ 'mmproj-f16.gguf': 1 }), wish), undefined);
});
