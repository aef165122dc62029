import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, beforeEach, describe, test } from 'node:test';
import { clearModelConfigs, init, loadModelByConfigName, readModelConfigs } from '../../src/wrappers/global.ts';
import { ModelConfigs } from '../../src/wrappers/model-configs.ts';
import { OpenaiChatWrapper } from '../../src/wrappers/openai-chat.ts';
import { PostApiWrapper } from '../../src/wrappers/post-api.ts';
import { wrapperContext } from '../support/wrapper-context.ts';

const tutorial = join(import.meta.dirname, '..', 'fixtures', 'tutorial-configs');
const entry = { config_name: 'one', model_type: 'post_api', api_url: 'http://127.0.0.1:8000/llm/' };

function configsWith(env: NodeJS.ProcessEnv = {}): { configs: ModelConfigs; warnings: string[] } {
  const context = wrapperContext(env);
  return { configs: new ModelConfigs(context), warnings: context.warnings };
}

describe("the tutorial's configs, character for character", () => {
  test('all load, and each makes a model of its type', async () => {
    const { configs } = configsWith();
    const files = (await readdir(tutorial)).toSorted();
    assert.equal(files.length, 6);
    for (const file of files) configs.read(join(tutorial, file));
    assert.deepEqual(configs.names(), [
      'meta-llama/Llama-2-7b-chat-hf',
      'flask_llama2-7b-ms',
      'flask_llama2-7b-chat',
      'gpt2',
      'gpt-4-temperature-0.0',
      'dall-e-3-size-1024x1024',
    ]);
    for (const name of configs.names()) assert.equal(configs.load(name).configName, name);
    assert.ok(configs.load('gpt2') instanceof PostApiWrapper);
    assert.ok(configs.load('gpt-4-temperature-0.0') instanceof OpenaiChatWrapper);
  });

  test('the comment and the trailing comma of the first are no matter, and its model is the model_name', () => {
    const { configs, warnings } = configsWith();
    configs.read(join(tutorial, 'openai-list.json'));
    assert.deepEqual(warnings, []);
    assert.equal(configs.load('gpt-4-temperature-0.0').modelName, 'gpt-4');
  });

  test('the comma that the last lacks is put there, with a warning that gives the line', () => {
    const { configs, warnings } = configsWith();
    const file = join(tutorial, 'hosted-gpt2.json');
    configs.read(file);
    assert.deepEqual(warnings, [`${file} lacks a comma at the end of line 6; it was read as if it were there.`]);
    const { config } = configs.load('gpt2');
    assert.equal(config.api_url, 'https://api-inference.huggingface.co/models/gpt2');
    assert.deepEqual((config as Record<string, unknown>)['headers'], { Authorization: 'Bearer {YOUR_API_TOKEN}' });
  });

  test('two that have one name keep the first, with a warning', () => {
    const { configs, warnings } = configsWith();
    configs.read(join(tutorial, 'fastchat.json'));
    configs.read(join(tutorial, 'vllm.json'));
    assert.deepEqual(configs.names(), ['meta-llama/Llama-2-7b-chat-hf']);
    assert.deepEqual(warnings, ['config_name [meta-llama/Llama-2-7b-chat-hf] already exists.']);
  });
});

describe('a config', () => {
  test('is one object or a list of them', () => {
    const { configs } = configsWith();
    configs.read(entry);
    configs.read([{ ...entry, config_name: 'two' }]);
    assert.deepEqual(configs.names(), ['one', 'two']);
    assert.equal(configs.load('two'), configs.load('two'), 'the same wrapper each time');
  });

  test('takes every key of AgentScope, and null for what is left out', () => {
    const { configs } = configsWith();
    configs.read([
      {
        ...entry,
        headers: { a: 'b' },
        json_args: {},
        post_args: {},
        max_length: 2048,
        timeout: 30,
        max_retries: 3,
        retry_interval: 1,
        messages_key: 'messages',
        budget: 100,
      },
      {
        config_name: 'b',
        model_type: 'openai_chat',
        model_name: 'm',
        api_key: 'k',
        organization: null,
        client_args: null,
        generate_args: {},
        budget: 1,
      },
    ]);
    assert.equal(configs.load('one').maxLength, 2048);
  });

  test('reads the environment into its texts', () => {
    const { configs } = configsWith({ TOKEN: 'abc', EMPTY: '' });
    const headers = { a: 'Bearer ${TOKEN}', b: '${NOT_SET:-other}${EMPTY:-x}', c: '$${TOKEN} {TOKEN}', d: '${EMPTY}' };
    configs.read({ ...entry, headers });
    assert.deepEqual((configs.load('one').config as Record<string, unknown>)['headers'], {
      a: 'Bearer abc',
      b: 'otherx',
      c: '${TOKEN} {TOKEN}',
      d: '',
    });
  });

  test('of a type of another package is kept until it is wanted', () => {
    const { configs, warnings } = configsWith();
    configs.read([
      { config_name: 'd', model_type: 'dashscope_chat', model_name: 'qwen', anything: 1 },
      { ...entry, config_name: 'm', model_type: 'my_service' },
      { config_name: 'o', model_type: 'opnai_chat' },
    ]);
    assert.throws(
      () => configs.load('d'),
      /^InferenceError: d: unknown model_type dashscope_chat; there are openai, openai_chat, .*, local\.$/,
    );
    assert.throws(() => configs.load('o'), /o: unknown model_type opnai_chat; did you mean openai_chat\?/);
    assert.ok(configs.load('m') instanceof PostApiWrapper, 'as in the original');
    assert.deepEqual(warnings, ['Unsupported model_type [my_service], use PostApiModelWrapper instead.']);
  });
});

describe('the configs of the process', () => {
  beforeEach(() => clearModelConfigs());
  after(() => clearModelConfigs());

  test('are read by init, and found by name with the words of the original', async () => {
    assert.throws(
      () => loadModelByConfigName('one'),
      /No model configs loaded, please call `read_model_configs` first\./,
    );
    init({ modelConfigs: entry });
    assert.throws(() => loadModelByConfigName('x'), /Cannot find \[x\] in loaded configurations\./);
    assert.equal(loadModelByConfigName('one').configName, 'one');
    readModelConfigs({ ...entry, config_name: 'two' }, { clearExisting: true });
    assert.throws(() => loadModelByConfigName('one'), /Cannot find \[one\]/);
    await clearModelConfigs();
    assert.throws(() => loadModelByConfigName('two'), /No model configs loaded/);
  });

  test('are apart from those of an instance', () => {
    const { configs } = configsWith();
    configs.read(entry);
    assert.throws(() => loadModelByConfigName('one'), /No model configs loaded/);
  });
});
