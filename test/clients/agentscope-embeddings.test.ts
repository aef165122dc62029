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
import { writeTinyBert } from '../support/tiny-bert.ts';

/** Of the tiny model: its vectors mean nothing, but have to arrive. */
const dimensions = 32;
const text = 'a few words';
const answer = z.object({ embedding: z.tuple([z.array(z.number()).length(dimensions)]), raw: z.looseObject({}) });

let directory: string;
let server: ServerProcess;
let expected: number[];

before(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'hearth-agentscope-'));
  const tiny = path.join(directory, 'tiny.gguf');
  writeTinyBert(tiny, 'mean');
  const models = ['--model', defaultModelPath(), '--model', tiny, '--context-size', '512'];
  server = await startServer([...models, '--alias', 'chat', '--alias', 'vectors', '--log-format', 'json']);
  const reply = await fetch(`${server.url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'vectors', input: text }),
  });
  const { data } = (await reply.json()) as { data: { embedding: number[] }[] };
  expected = data[0]?.embedding ?? assert.fail();
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
  test(`AgentScope ${release} gets vectors from the second model through ${types[release].join(' and ')}`, async (t) => {
    const venv = await pythonVenv(`agentscope-${release}`);
    if ('missing' in venv) {
      t.skip(venv.missing);
      return;
    }
    const cwd = path.join(directory, release);
    await mkdir(cwd);
    const configs = types[release].map((type) => ({
      config_name: type,
      model_type: type,
      model_name: 'vectors',
      ...(type === 'openai_embedding'
        ? { api_key: 'none', client_args: { base_url: `${server.url}/v1` } }
        : { api_url: `${server.url}/llm/embeddings` }),
    }));
    const answers = await runScript(venv.python, 'embeddings.py', { model_configs: configs, text }, cwd);
    for (const type of types[release]) {
      const { embedding } = answer.parse(answers(type));
      for (const [at, value] of embedding[0].entries()) {
        assert.ok(Math.abs(value - (expected[at] ?? NaN)) < 1e-6, `${type}: number ${at} is ${value}`);
      }
    }
  });
}
