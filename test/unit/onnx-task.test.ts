import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { readOnnxFolder, type OnnxFolder } from '../../src/engines/onnx/folder/folder.ts';
import { decoderFolder, writeFolder, type FolderFiles } from '../support/onnx-folder.ts';

function read(config: object, files: FolderFiles = {}): OnnxFolder {
  return readOnnxFolder(writeFolder(decoderFolder({ 'config.json': config, ...files })), {
    dtype: undefined,
    gpu: false,
  });
}

const named = (architecture: string, fields: object = {}): object => ({ architectures: [architecture], ...fields });
const pooling = (fields: object): FolderFiles => ({ '1_Pooling/config.json': fields });

test('the architecture says what a model is for', () => {
  assert.equal(read(named('LlamaForCausalLM')).task, 'generate');
  assert.equal(read(named('GPT2LMHeadModel')).task, 'generate');
  assert.equal(read(named('BertModel')).task, 'embed');
  assert.equal(read(named('XLMRobertaForMaskedLM')).task, 'embed');
  const one = { id2label: { 0: 'LABEL_0' } };
  assert.equal(read(named('BertForSequenceClassification', one)).task, 'rank');
  const two = read(named('BertForSequenceClassification', { id2label: { 1: 'POSITIVE', 0: 'NEGATIVE' } }));
  assert.equal(two.task, 'classify');
  assert.deepEqual(two.labels, ['NEGATIVE', 'POSITIVE']);
  assert.deepEqual(read(named('BertForSequenceClassification')).labels, ['LABEL_0', 'LABEL_1']);
  assert.deepEqual(read(named('BertModel')).labels, []);
});

test('an architecture for speech, images, tokens or two networks is refused by its name', () => {
  const others: [string, FolderFiles][] = [
    ['WhisperForConditionalGeneration', {}],
    ['T5ForConditionalGeneration', {}],
    ['BertForTokenClassification', {}],
    ['ViTModel', { 'preprocessor_config.json': {} }],
    ['LlavaForCausalLM', { 'preprocessor_config.json': {} }],
  ];
  for (const [architecture, files] of others) {
    assert.throws(
      () => read(named(architecture), files),
      (error) =>
        error instanceof InferenceError && error.code === 'unsupported' && error.message.includes(architecture),
    );
  }
  assert.throws(() => read({}), /config\.json names no architecture/);
});

test('the files of sentence-transformers say how a vector is pooled, and mean is what is silent', () => {
  assert.equal(read(named('BertModel')).pooling, 'mean');
  assert.equal(read(named('BertModel'), pooling({ pooling_mode_cls_token: true })).pooling, 'cls');
  assert.equal(read(named('BertModel'), pooling({ pooling_mode_mean_tokens: true })).pooling, 'mean');
  const decoder = read(named('Qwen3ForCausalLM'), pooling({ pooling_mode_lasttoken: true }));
  assert.equal(decoder.task, 'embed');
  assert.equal(decoder.pooling, 'last');
  assert.equal(read(named('LlamaForCausalLM')).pooling, undefined);
  for (const fields of [
    { pooling_mode_max_tokens: true },
    { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true },
    {},
  ]) {
    assert.throws(() => read(named('BertModel'), pooling(fields)), /pools by .*; served are pooling_mode_mean_tokens/);
  }
});

test('modules after the pooling are told by their names', () => {
  const type = (name: string): string => `sentence_transformers.models.${name}`;
  const modules = [
    { type: type('Transformer'), path: '' },
    { type: type('Pooling'), path: '1_P' },
    { type: type('Dense'), path: '2_Dense' },
    { type: type('Normalize'), path: '3_Normalize' },
  ];
  const files = { 'modules.json': modules, '1_P/config.json': { pooling_mode_cls_token: true } };
  const folder = read(named('BertModel'), files);
  assert.equal(folder.pooling, 'cls');
  assert.deepEqual(folder.laterModules, ['Dense']);
});

test('the longest input is the least of what the files say', () => {
  const limit = (config: object, files: FolderFiles = {}): number | undefined => read(config, files).maxTokens;
  const tokenizer = { 'tokenizer_config.json': { model_max_length: 256 } };
  assert.equal(limit(named('BertModel', { max_position_embeddings: 512 })), 512);
  assert.equal(limit(named('BertModel', { max_position_embeddings: 512 }), tokenizer), 256);
  const sentence = { 'sentence_bert_config.json': { max_seq_length: 128 }, ...tokenizer };
  assert.equal(limit(named('BertModel', { max_position_embeddings: 512 }), sentence), 128);
  const endless = { 'tokenizer_config.json': { model_max_length: 1e30 } };
  assert.equal(limit(named('BertModel'), endless), undefined);
  // A decoder's tokenizer often carries an old limit.
  assert.equal(limit(named('LlamaForCausalLM', { max_position_embeddings: 8192 }), tokenizer), 8192);
  assert.equal(limit(named('GPT2LMHeadModel', { n_positions: 1024 })), 1024);
  const roberta = { model_type: 'roberta', pad_token_id: 1, max_position_embeddings: 514 };
  assert.equal(limit(named('RobertaModel', roberta)), 512);
});
