import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { ModelConfigs, type ModelConfigSource } from '../../src/wrappers/model-configs.ts';
import { wrapperContext } from '../support/wrapper-context.ts';

const entry = { config_name: 'one', model_type: 'post_api', api_url: 'http://127.0.0.1:8000/llm/' };

/** The sentence that reading is refused with. */
function refusal(source: ModelConfigSource, env: NodeJS.ProcessEnv = {}): string {
  const configs = new ModelConfigs(wrapperContext(env));
  try {
    configs.read(source);
  } catch (error) {
    assert.ok(error instanceof InferenceError, String(error));
    assert.equal(error.code, 'invalid_request');
    assert.deepEqual(configs.names(), [], 'none is added');
    return error.message;
  }
  return assert.fail('it was taken');
}

describe('each mistake a person makes is one sentence that points at it', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hearth-configs-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  const file = async (text: string, name = 'm.json'): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };

  test('a missing name or type', () => {
    assert.equal(refusal([entry, { model_type: 'post_api' }]), 'modelConfigs: entry 2: config_name is missing.');
    assert.equal(refusal({ name: 'x', model_type: 'local' }), 'modelConfigs: config_name is missing; is name meant?');
    assert.equal(refusal({ config_name: 'x' }), 'modelConfigs (x): model_type is missing.');
    assert.equal(
      refusal({ config_name: '', model_type: 'local' }),
      'modelConfigs: config_name must be a string that is not empty, not "".',
    );
  });

  test('a missing address, and one that is none', () => {
    assert.equal(refusal({ config_name: 'x', model_type: 'post_api' }), 'modelConfigs (x): api_url is missing.');
    assert.equal(
      refusal({ ...entry, api_url: 'localhost:8000/llm/' }),
      'modelConfigs (one): api_url must be a URL that begins with http:// or https://, not "localhost:8000/llm/".',
    );
  });

  test('a value of the wrong type', () => {
    assert.equal(
      refusal({ ...entry, timeout: '30' }),
      'modelConfigs (one): timeout must be seconds above 0, not "30".',
    );
    assert.equal(
      refusal({ ...entry, max_retries: 0 }),
      'modelConfigs (one): max_retries must be a whole number, 1 or more, not 0.',
    );
    assert.equal(refusal({ ...entry, json_args: [1] }), 'modelConfigs (one): json_args must be an object, not [1].');
  });

  test('a secret value of the wrong type is not told', () => {
    const headers = { Authorization: 12_345 };
    assert.equal(refusal({ ...entry, headers }), 'modelConfigs (one): headers.Authorization must be a string.');
  });

  test('an unknown key, and one that is a slip away from a known one', () => {
    assert.equal(refusal({ ...entry, apiurl: 'x' }), 'modelConfigs (one): unknown key apiurl; did you mean api_url?');
    assert.match(refusal({ ...entry, qqq: 1 }), /^modelConfigs \(one\): unknown key qqq; post_api takes config_name, /);
  });

  test('a variable that is not set', () => {
    assert.equal(
      refusal({ ...entry, headers: { a: '${HF_TOKEN}' } }),
      'modelConfigs (one): headers.a needs the environment variable HF_TOKEN, which is not set.',
    );
  });

  test('model and model_name that differ', () => {
    const both = { config_name: 'x', model_type: 'openai', model: 'a', model_name: 'b' };
    assert.equal(refusal(both), 'modelConfigs (x): model and model_name are the same key; keep one of them.');
  });

  test('what is no object', () => {
    assert.equal(
      refusal(JSON.parse('[1]') as ModelConfigSource),
      'modelConfigs: entry 1: The model config unit should be a dict.',
    );
  });

  test('a file that is not there, or empty', async () => {
    assert.equal(
      refusal('/not/there.json'),
      'The model configs /not/there.json cannot be read: there is no such file.',
    );
    const empty = await file('  ');
    assert.equal(refusal(empty), `${empty} is not valid JSON: line 1: a value is missing.`);
  });

  test('bad JSON, with the line', async () => {
    const cut = await file('[\n  {"config_name": "x",\n   "model_type": "local"\n');
    assert.match(refusal(cut), /^.*m\.json is not valid JSON: line \d: a \} is missing\.$/);
    const two = await file('{"config_name": "x"}\n{"config_name": "y"}');
    assert.match(refusal(two), /line 2: something follows the end of the JSON; several configs stand in a list/);
    const single = await file("{\n'config_name': 'x'}");
    assert.match(refusal(single), /line 2: there is a word that is no JSON; texts stand in double quotes\./);
    const twice = await file('{"config_name": "x",\n"config_name": "y"}');
    assert.equal(refusal(twice), `${twice}: line 2: config_name stands twice in one object; keep one.`);
  });

  test('bad YAML, with the line, beside YAML that is fine', async () => {
    const good = await file('- config_name: y\n  model_type: local\n  model: "x" # a comment\n', 'good.yaml');
    const configs = new ModelConfigs(wrapperContext());
    configs.read(good);
    assert.equal(configs.load('y').modelName, 'x');
    const bad = await file('- config_name: [\n', 'bad.yml');
    assert.match(refusal(bad), /bad\.yml is not valid YAML: .* at line 2, column 1\.$/);
  });
});
