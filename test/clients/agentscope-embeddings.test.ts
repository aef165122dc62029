import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { defaultModelPath } from '../../src/config/model-path.ts';
import { runScript } from '../support/python-script.ts';
import { pythonVenv } from '../support/python-venv.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { tinyBertFolder } from '../support/tiny-bert-onnx.ts';
import { writeTinyBert } from '../support/tiny-bert.ts';

/** The tiny models, and the numbers of their vectors, which mean nothing, but have to arrive. */
const formats = { gguf: 32, onnx: 16 } as const;
type Format = keyof typeof formats;
const text = 'a few words';
const answer = z.object({ embedding: z.tuple([z.array(z.number())]), raw: z.looseObject({}) });

let directory: string;
let server: ServerProcess;
const expected = new Map<Format, number[]>();

before(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'hearth-agentscope-'));
  const tiny = path.join(directory, 'tiny.gguf');
  writeTinyBert(tiny, 'mean');
  const models = [defaultModelPath(), tiny, tinyBertFolder('embed')].flatMap((file) => ['--model', file]);
  const aliases = ['chat', 'gguf', 'onnx'].flatMap((alias) => ['--alias', alias]);
  server = await startServer([...models, ...aliases, '--context-size', '512', '--log-format', 'json']);
  for (const model of ['gguf', 'onnx'] as const) {
    const reply = await fetch(`${server.url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, input: text }),
    });
    const { data } = (await reply.json()) as { data: { embedding: number[] }[] };
    expected.set(model, data[0]?.embedding ?? assert.fail());
  }
});

after(async () => {
  await rm(directory, { recursive: true, force: true });
  assert.equal(await server.stop(), 0);
});

/** What each release has: post_api_embedding came with 0.0.5. */
const types = {
  '0.0.4': ['openai_embedding'],
  '0.1.1': ['openai_embedding', 'post_api_embedding'],
} as const;

for (const release of ['0.0.4', '0.1.1'] as const) {
  test(`AgentScope ${release} gets vectors of a GGUF and an ONNX model through ${types[release].join(' and ')}`, async (t) => {
    const venv = await pythonVenv(`agentscope-${release}`);
    if ('missing' in venv) {
      t.skip(venv.missing);
      return;
    }
    const cwd = path.join(directory, release);
    await mkdir(cwd);
    const wanted = types[release].flatMap((type) => (['gguf', 'onnx'] as const).map((format) => ({ type, format })));
    const configs = wanted.map(({ type, format }) => ({
      config_name: `${type} ${format}`,
      model_type: type,
      model_name: format,
      ...(type === 'openai_embedding'
        ? { api_key: 'none', client_args: { base_url: `${server.url}/v1` } }
        : { api_url: `${server.url}/llm/embeddings`, json_args: { model: format } }),
    }));
    const answers = await runScript(venv.python, 'embeddings.py', { model_configs: configs, text }, cwd);
    for (const { type, format } of wanted) {
      const { embedding } = answer.parse(answers(`${type} ${format}`));
      assert.equal(embedding[0].length, formats[format]);
      for (const [at, value] of embedding[0].entries()) {
        const sent = expected.get(format)?.[at] ?? NaN;
        assert.ok(Math.abs(value - sent) < 1e-6, `${type} of ${format}: number ${at} is ${value}`);
      }
    }
  });
}
