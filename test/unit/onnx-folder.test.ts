import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Dtype } from '../../src/contract/dtype.ts';
import { InferenceError, type ErrorCode } from '../../src/contract/errors.ts';
import { readOnnxFolder, type OnnxFolder } from '../../src/engines/onnx/folder/folder.ts';
import { decoderFolder, onnxFile, onnxFileWithBranch, writeFolder, type FolderFiles } from '../support/onnx-folder.ts';

function read(files: FolderFiles, options: { dtype?: Dtype; gpu?: boolean } = {}): OnnxFolder {
  return readOnnxFolder(writeFolder(files), { dtype: options.dtype, gpu: options.gpu ?? false });
}

/** The one sentence with which a folder is refused. */
function refusal(code: ErrorCode, files: FolderFiles, dtype?: Dtype): string {
  try {
    read(files, dtype === undefined ? {} : { dtype });
  } catch (error) {
    assert.ok(error instanceof InferenceError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, /^[^\n]{20,400}\.$/);
    return error.message;
  }
  return assert.fail('the folder was taken');
}

const config = (fields: object): object => ({ architectures: ['LlamaForCausalLM'], vocab_size: 4, ...fields });
const weights = (...names: string[]): FolderFiles =>
  decoderFolder({ 'onnx/model.onnx': undefined, ...Object.fromEntries(names.map((name) => [name, onnxFile()])) });

test('a folder without config, tokenizer or ONNX file is refused with the name of what is missing', () => {
  assert.match(refusal('model_failed', {}), /has no config\.json; --model takes a GGUF file or a folder with/);
  assert.match(refusal('model_failed', decoderFolder({ 'tokenizer.json': undefined })), /has no tokenizer\.json/);
  assert.match(refusal('model_failed', weights()), /has no onnx\/model\.onnx/);
  assert.match(refusal('model_failed', weights('onnx/model_qint8_avx512.onnx')), /has no onnx\/model\.onnx/);
});

test('JSON that is cut off or of the wrong shape is refused with the file and the field', () => {
  assert.match(
    refusal('model_failed', decoderFolder({ 'config.json': '{"architectures": [' })),
    /config\.json is no JSON/,
  );
  const wrong = decoderFolder({ 'config.json': config({ vocab_size: 'many' }) });
  assert.match(refusal('model_failed', wrong), /config\.json is not what it should be at vocab_size/);
  const list = decoderFolder({ 'config.json': [] });
  assert.match(refusal('model_failed', list), /config\.json is not what it should be:/);
  const vocab = decoderFolder({ 'tokenizer.json': { model: { type: 'BPE', vocab: { a: 'b' }, merges: [] } } });
  assert.match(refusal('model_failed', vocab), /tokenizer\.json is not what it should be at model\.vocab/);
  assert.match(
    refusal('model_failed', decoderFolder({ 'generation_config.json': 'x' })),
    /generation_config\.json is no/,
  );
});

test('the dtype is the wished one, or that of config.json, or by what the device computes best', () => {
  const all = weights('onnx/model.onnx', 'onnx/model_fp16.onnx', 'onnx/model_quantized.onnx', 'onnx/model_q4.onnx');
  assert.deepEqual(read(all).dtypes, ['fp32', 'fp16', 'q8', 'q4']);
  assert.equal(read(all).dtype, 'q4');
  assert.equal(read(all, { gpu: true }).dtype, 'fp16');
  assert.equal(read(all, { dtype: 'fp16' }).dtype, 'fp16');
  const named = (dtype: unknown): FolderFiles => ({
    ...all,
    'config.json': config({ 'transformers.js_config': { dtype } }),
  });
  assert.equal(read(named('q8')).dtype, 'q8');
  assert.equal(read(named({ model: 'fp32' })).dtype, 'fp32');
  assert.equal(read(named('bnb4')).dtype, 'q4');
  assert.equal(read(named(7)).dtype, 'q4');
});

test('each dtype has the ending that Transformers.js writes, and half precision comes last on a CPU', () => {
  const endings: Record<Dtype, string> = {
    fp32: '',
    fp16: '_fp16',
    q8: '_quantized',
    int8: '_int8',
    uint8: '_uint8',
    q4: '_q4',
    q4f16: '_q4f16',
    bnb4: '_bnb4',
  };
  for (const [dtype, ending] of Object.entries(endings)) {
    const folder = read(weights(`onnx/model${ending}.onnx`));
    assert.equal(folder.dtype, dtype);
    assert.ok(folder.modelFile.endsWith(join('onnx', `model${ending}.onnx`)));
    const both = read(weights(`onnx/model${ending}.onnx`, 'onnx/model_fp16.onnx'));
    assert.equal(both.dtype, dtype);
  }
});

test('a dtype that is not there is refused with those that are', () => {
  const message = refusal('invalid_request', weights('onnx/model_q4.onnx', 'onnx/model_fp16.onnx'), 'int8');
  assert.match(message, /no weights as int8; give --dtype one of those that are there: fp16, q4\.$/);
});

test('older names and files at the folder itself are found, those in onnx/ first', () => {
  assert.ok(read(weights('model_quantized.onnx')).modelFile.endsWith('model_quantized.onnx'));
  const merged = read(weights('onnx/decoder_model_merged_q4.onnx', 'onnx/decoder_model_q4.onnx'));
  assert.ok(merged.modelFile.endsWith('decoder_model_merged_q4.onnx'));
  assert.equal(merged.dtype, 'q4');
  const both = read(weights('model.onnx', 'onnx/model.onnx'));
  assert.equal(both.modelFile, join(both.path, 'onnx', 'model.onnx'));
});

test('files with external weights are found, also those of a branch, and counted', () => {
  const data = Buffer.alloc(5000);
  const external = { 'onnx/model.onnx_data': data, 'onnx/model.onnx_data_1': data };
  const places = ['', 'model.onnx_data', 'model.onnx_data_1', 'model.onnx_data'];
  const folder = read(decoderFolder({ 'onnx/model.onnx': onnxFile(places), ...external }));
  assert.deepEqual(folder.externalFiles, [
    join(folder.path, 'onnx/model.onnx_data'),
    join(folder.path, 'onnx/model.onnx_data_1'),
  ]);
  assert.equal(folder.modelBytes, onnxFile(places).length + 10_000);
  const branch = { 'onnx/model.onnx': onnxFileWithBranch('model.onnx_data'), ...external };
  assert.equal(read(decoderFolder(branch)).externalFiles.length, 1);
});

test('a file with weights that is not there, or lies elsewhere, is refused by its name', () => {
  const missing = decoderFolder({ 'onnx/model.onnx': onnxFile(['model.onnx_data']) });
  assert.match(refusal('model_failed', missing), /keeps weights in model\.onnx_data, which is not there; fetch it too/);
  for (const place of ['../../secret', '/etc/passwd', '..']) {
    const outside = decoderFolder({ 'onnx/model.onnx': onnxFile([place]) });
    assert.match(refusal('model_failed', outside), /keeps weights outside of its folder/);
  }
});

test('an ONNX file that is empty, cut off, random or text is refused', () => {
  const whole = onnxFile();
  const broken = [
    new Uint8Array(),
    whole.subarray(0, 500),
    whole.subarray(0, whole.length - 1),
    'hello world',
    Buffer.alloc(900, 0xff),
  ];
  for (const content of broken) {
    assert.match(
      refusal('model_failed', decoderFolder({ 'onnx/model.onnx': content })),
      /model\.onnx is no whole ONNX file/,
    );
  }
});

test('generation_config.json and config.json together say what ends a text', () => {
  const files = decoderFolder({
    'config.json': config({ eos_token_id: 1, pad_token_id: 0, max_position_embeddings: 77 }),
    'generation_config.json': { eos_token_id: [2, 1], temperature: 0.6, top_p: 0.9, do_sample: true },
  });
  const folder = read(files);
  assert.deepEqual(folder.endIds, [2, 1]);
  assert.equal(folder.padId, 0);
  assert.equal(folder.maxTokens, 77);
  assert.equal(folder.generation.temperature, 0.6);
});

test('a chat template in a file of its own counts before that of tokenizer_config.json', () => {
  const inConfig = (chat_template: unknown): FolderFiles =>
    decoderFolder({ 'tokenizer_config.json': { chat_template } });
  assert.equal(read(decoderFolder()).chatTemplate, undefined);
  assert.equal(read(inConfig('A')).chatTemplate, 'A');
  const named = [
    { name: 'tool_use', template: 'T' },
    { name: 'default', template: 'D' },
  ];
  assert.equal(read(inConfig(named)).chatTemplate, 'D');
  assert.equal(read({ ...inConfig('A'), 'chat_template.json': { chat_template: 'J' } }).chatTemplate, 'J');
  assert.equal(read({ ...inConfig('A'), 'chat_template.jinja': '{# F #}' }).chatTemplate, '{# F #}');
});
