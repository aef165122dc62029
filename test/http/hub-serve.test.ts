import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HubCache } from '../support/hub-cache.ts';

let hub: HubCache;
beforeEach(async () => {
  hub = await HubCache.open();
});
afterEach(() => hub.close());

const tiny = readFileSync(new URL('../fixtures/tiny-random-llama.gguf', import.meta.url));

test('a hub name in the command line, a variable or a file is fetched and served under its own name', async () => {
  hub.server.add('owner/tiny', { 'tiny-Q8_0.gguf': tiny });
  const { url, stop } = await hub.serve(['hf:owner/tiny']);
  let exitCode: number | null;
  try {
    const models = (await (await fetch(`${url}/v1/models`)).json()) as { data: { id: string }[] };
    assert.deepEqual(
      models.data.map(({ id }) => id),
      ['tiny-Q8_0'],
    );
  } finally {
    exitCode = await stop();
  }
  assert.equal(exitCode, 0);
  const config = join(hub.folder, 'hearth.yaml');
  await writeFile(config, 'model: owner/nothing\n');
  for (const refused of [
    hub.start(['serve', '--config', config]),
    hub.start(['serve'], { HEARTH_MODEL: 'owner/nothing' }),
    hub.start(['bench', '--model', 'hf:owner/nothing']),
  ]) {
    const { code, stderr } = await refused.ended;
    assert.equal(code, 1);
    assert.match(stderr, /^hearth: 127\.0\.0\.1:\d+ has no public model hf:owner\/nothing;[^\n]*\n$/);
  }
});

test('a model that is pulled into a running server answers under the name it was asked for by', async () => {
  const onnx = new URL('../fixtures/tiny-random-llama-onnx/', import.meta.url);
  const content = (name: string): Buffer => readFileSync(new URL(name, onnx));
  const settings = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'];
  const weights = content('onnx/model.onnx');
  hub.server.add('owner/both', {
    ...Object.fromEntries(settings.map((name) => [name, content(name)])),
    'onnx/model.onnx': weights,
    // What is there beside it must not be taken for it.
    'onnx/model_q4.onnx': Buffer.from('no graph'),
  });
  const gguf = fileURLToPath(new URL('../fixtures/tiny-random-llama.gguf', import.meta.url));
  const { post, stop } = await hub.serve([gguf]);
  let exitCode: number | null;
  try {
    const name = 'hf:owner/both:fp32';
    const pulled = await (await post('/models/pull', { model: name })).text();
    assert.match(pulled, /"success":true/);
    const reply = await post('/v1/completions', { model: name, prompt: 'Once', max_tokens: 4, ignore_eos: true });
    assert.equal(reply.status, 200, await reply.clone().text());
    const { model, usage } = (await reply.json()) as { model: string; usage: { completion_tokens: number } };
    assert.deepEqual([model, usage.completion_tokens], [name, 4]);
    const wrong = await post('/models/pull', { model: 'hf:owner/nothing', stream: false });
    assert.equal(wrong.status, 404, await wrong.text());
    const address = await post('/models/pull', { model: 'https://elsewhere.example/secret.gguf', stream: false });
    assert.equal(address.status, 403, await address.text());
  } finally {
    exitCode = await stop();
  }
  assert.equal(exitCode, 0);
});

test('an architecture that the engine does not know is told when it is loaded', async () => {
  const odd = Buffer.from(tiny);
  odd.write('lxxma', odd.indexOf('llama', odd.indexOf('general.architecture')));
  hub.server.add('owner/odd', { 'odd-Q8_0.gguf': odd });
  const { code, stderr } = await hub.start(['serve', 'hf:owner/odd', '--port', '0', '--device', 'cpu']).ended;
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^hearth: The model file .*odd-Q8_0\.gguf cannot be loaded; .*unknown model architecture: 'lxxma'\.$/m,
  );
});

test('wrong use is one sentence and exit code 2, a wrong name one and 1', async () => {
  const cases: [string[], number, RegExp][] = [
    [['pull'], 2, /^hearth: hearth pull needs a model's name, such as hf:owner\/repo\.\n$/],
    [['list', 'x'], 2, /^hearth: Unexpected argument x; hearth list --help shows what there is\.\n$/],
    [['pull', 'a/b', 'c/d'], 2, /Unexpected argument c\/d/],
    [['pull', 'a/b', '--hub', 'x'], 2, /^hearth: --hub must be hf or modelscope, not "x"\.\n$/],
    [['pull', 'a/b', '--jsn'], 2, /Unknown option --jsn/],
    [['pull', 'hf:../x'], 1, /^hearth: "hf:\.\.\/x" is no model name; write /],
    [['pull', 'hf:a/b/../../../x.gguf'], 1, /which is no path inside a repository/],
    [['show', './nothing.gguf'], 1, /^hearth: There is neither a file nor a folder \.\/nothing\.gguf\.\n$/],
    [['show', 'package.json'], 1, /^hearth: .*package\.json cannot be read as a GGUF file: /],
  ];
  const ended = await Promise.all(cases.map(([args]) => hub.start(args).ended));
  for (const [index, [args, code, message]] of cases.entries()) {
    assert.equal(ended[index]?.code, code, args.join(' '));
    assert.match(ended[index]?.stderr ?? '', message);
  }
});
