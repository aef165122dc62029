import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { HubCache, type Ended } from '../support/hub-cache.ts';

let hub: HubCache;
beforeEach(async () => {
  hub = await HubCache.open();
});
afterEach(() => hub.close());

/** A real GGUF file: 1 layer, 32 tokens wide. */
const tiny = readFileSync(new URL('../fixtures/tiny-random-llama.gguf', import.meta.url));
const onnx = {
  'config.json':
    '{"model_type":"llama","num_hidden_layers":2,"num_attention_heads":4,"hidden_size":64,"max_position_embeddings":512}',
  'tokenizer_config.json': '{"chat_template":"{{ messages }} tools"}',
  'onnx/model_q4.onnx': randomBytes(2000),
  'onnx/model.onnx': randomBytes(4000),
};

const hearth = (...args: string[]): Promise<Ended> => hub.start(args).ended;

async function fill(): Promise<void> {
  hub.server.add('owner/tiny', { 'tiny-Q8_0.gguf': tiny, 'tiny-F16.gguf': Buffer.concat([tiny, Buffer.alloc(64)]) });
  hub.server.add('onnx-community/two', onnx);
  for (const name of [
    'hf:owner/tiny:Q8_0',
    'hf:owner/tiny:F16',
    'hf:onnx-community/two:q4',
    'modelscope:owner/tiny:F16',
  ])
    await hub.pull(name);
}

test('list tells name, size, format, quantization, context and last use', async () => {
  assert.match(
    (await hearth('list')).stdout,
    /^No model has been fetched; hearth pull hf:owner\/repo fetches one\.\n$/,
  );
  await fill();
  const { code, stdout } = await hearth('list');
  assert.equal(code, 0);
  const [head, ...rows] = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  assert.deepEqual(head, ['NAME', 'SIZE', 'FORMAT', 'QUANTIZATION', 'CONTEXT', 'LAST USED']);
  assert.deepEqual(rows.map(([name = '']) => name).toSorted(), [
    'hf:onnx-community/two:q4',
    'hf:owner/tiny:F16',
    'hf:owner/tiny:Q8_0',
    'modelscope:owner/tiny:F16',
  ]);
  assert.match(
    rows
      .find(([name]) => name === 'hf:owner/tiny:Q8_0')
      ?.slice(1)
      .join(' ') ?? '',
    /^0 MiB gguf Q8_0 \d+ \d{4}-\d\d-\d\d \d\d:\d\d$/,
  );
  const list = JSON.parse((await hearth('list', '--json')).stdout) as {
    name: string;
    bytes: number;
    contextSize: number;
    path: string;
  }[];
  const two = list.find(({ name }) => name === 'hf:onnx-community/two:q4');
  assert.equal(two?.contextSize, 512);
  assert.ok(list.every(({ path }) => existsSync(path)));
});

test('every name that list tells is one that pull, verify and rm take', async () => {
  await fill();
  const url = `${hub.server.endpoint}/direct/owner/tiny/tiny-Q8_0.gguf`;
  await hub.start(['pull', url], { HF_ENDPOINT: 'http://127.0.0.1:1', MODELSCOPE_ENDPOINT: 'http://127.0.0.1:1' })
    .ended;
  const names = (JSON.parse((await hearth('list', '--json')).stdout) as { name: string }[]).map(({ name }) => name);
  assert.equal(names.length, 5);
  const elsewhere = {
    HF_ENDPOINT: 'http://127.0.0.1:1',
    MODELSCOPE_ENDPOINT: 'http://127.0.0.1:1',
    HF_HUB_OFFLINE: '1',
  };
  for (const name of names) {
    assert.match((await hub.start(['pull', name], elsewhere).ended).stderr, /already here, checked\.\n$/, name);
    assert.equal((await hub.start(['rm', name], elsewhere).ended).stdout, `Removed ${name}\n`);
  }
  assert.match((await hearth('list')).stdout, /^No model/);
});

test('show tells of a model that is not here what its header says, and fetches no more than that', async () => {
  const long = Buffer.concat([tiny, Buffer.alloc(20_000_000)]);
  hub.server.add('owner/tiny', { 'tiny-Q8_0.gguf': long });
  const { code, stdout, stderr } = await hearth('show', 'hf:owner/tiny', '--context-size', '256', '--parallel', '2');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^model +hf:owner\/tiny$/m);
  assert.match(stdout, /^architecture +llama$/m);
  assert.match(stdout, /^parameters +\d+\.\d M$/m);
  assert.match(stdout, /^licence +apache-2\.0$/m);
  assert.match(stdout, /^chat template /m);
  assert.match(stdout, /^path +not on this machine; hearth pull fetches it$/m);
  assert.match(stdout, /^memory +\d+ MiB and buffers: 20 MiB of weights, \d+ MiB for 2 × 256 tokens \(f16\)$/m);
  const sent = hub.server.downloads('tiny-Q8_0.gguf').reduce((sum, seen) => sum + seen.sent, 0);
  assert.ok(sent > 0 && sent < 5_000_000, `${sent} bytes`);
  assert.equal(existsSync(join(hub.folder, 'hf')), false);
});

test('show tells the same of a file here, a remote one and one of ModelScope, also for programs', async () => {
  await fill();
  const shown = async (...args: string[]): Promise<Record<string, unknown>> =>
    JSON.parse((await hearth('show', '--json', ...args)).stdout) as Record<string, unknown>;
  const here = await shown('hf:owner/tiny:Q8_0');
  const remote = await shown('modelscope:owner/tiny:Q8_0');
  const file = await shown(String(here['path']));
  for (const field of [
    'architecture',
    'parameters',
    'trainedContext',
    'layers',
    'vocabulary',
    'kvValuesPerToken',
    'memory',
  ])
    assert.deepEqual([remote[field], file[field]], [here[field], here[field]], field);
  assert.equal(remote['path'], undefined);
  const two = await shown(
    'hf:onnx-community/two:q4',
    '--kv-cache-type',
    'f32',
    '--context-size',
    '100',
    '--parallel',
    '1',
  );
  assert.equal(two['template'], '{{ messages }} tools');
  // 2 layers × 64 values × keys and values × 4 bytes × 100 tokens
  assert.deepEqual((two['memory'] as { context: number }).context, 102_400);
});

test('rm takes one quantization, and leaves what others use and what is not ours', async () => {
  await fill();
  const repo = join(hub.folder, 'hf/models--owner--tiny');
  const [snapshot = ''] = await readdir(join(repo, 'snapshots'));
  await writeFile(join(repo, 'snapshots', snapshot, 'model.safetensors'), 'of Python');
  assert.equal((await hearth('rm', 'hf:owner/tiny:F16')).stdout, 'Removed hf:owner/tiny:F16\n');
  assert.equal((await readdir(join(repo, 'blobs'))).length, 1);
  assert.deepEqual(await readdir(join(repo, 'snapshots', snapshot)), ['model.safetensors', 'tiny-Q8_0.gguf']);
  const refused = await hearth('rm', 'hf:owner/tiny:Q2_K');
  assert.deepEqual(
    [refused.code, refused.stderr],
    [1, 'hearth: hf:owner/tiny:Q2_K is not on this machine; there is hf:owner/tiny:Q8_0.\n'],
  );
  await hearth('rm', 'hf:owner/tiny');
  assert.deepEqual(await readdir(join(repo, 'snapshots', snapshot)), ['model.safetensors']);

  await hub.pull('hf:onnx-community/two:fp32');
  await hearth('rm', 'hf:onnx-community/two:q4');
  const left = await hub.pull('hf:onnx-community/two:fp32');
  assert.equal(left.fetched, 0, 'the configuration went with the other type');
  await hearth('rm', 'hf:onnx-community/two');
  assert.equal(existsSync(join(hub.folder, 'hf/models--onnx-community--two')), false);
  assert.equal(
    (await hearth('rm', 'hf:onnx-community/two')).stderr,
    'hearth: hf:onnx-community/two is not on this machine; hearth list shows what is.\n',
  );
});

test('rm of a repository also removes what was left unfinished', async () => {
  const blobs = join(hub.folder, 'hf/models--owner--tiny/blobs');
  await mkdir(blobs, { recursive: true });
  await writeFile(join(blobs, `${'a'.repeat(64)}.hearth.incomplete`), 'half');
  assert.equal((await hearth('rm', 'hf:owner/tiny')).code, 0);
  assert.equal(existsSync(join(hub.folder, 'hf/models--owner--tiny')), false);
});

test('verify reads the sums, and finds the file that is damaged', async () => {
  await fill();
  const right = await hearth('verify');
  assert.equal(right.code, 0);
  assert.equal(right.stdout.match(/: right, 0 MiB$/gm)?.length, 4);
  const { path } = await hub.pull('hf:owner/tiny:Q8_0');
  const blob = await realpath(path);
  const content = await readFile(blob);
  content[content.length - 1] = (content.at(-1) ?? 0) ^ 1;
  await writeFile(blob, content);
  const { code, stdout } = await hearth('verify', 'hf:owner/tiny');
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^hf:owner\/tiny:Q8_0: DAMAGED: tiny-Q8_0\.gguf; fetch it again: hearth rm hf:owner\/tiny:Q8_0 && hearth pull hf:owner\/tiny:Q8_0$/m,
  );
  assert.match(stdout, /^hf:owner\/tiny:F16: right, 0 MiB$/m);
  assert.equal((await hearth('verify', 'hf:owner/other')).code, 1);
});
