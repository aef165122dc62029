import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Served } from '../../src/compose.ts';
import { tinyGguf, tinyOnnx } from '../support/engines.ts';
import { postJson, serveReal } from '../support/real-server.ts';
import { tinyGolden } from '../support/tiny-model.ts';

let served: Served;
before(async () => {
  const model = [tinyGguf.path, tinyOnnx.path];
  // In full precision, as ONNX Runtime computes this model.
  const precise = { kvCacheType: 'f32', flashAttention: 'off' } as const;
  const sizes = { contextSize: 256, parallel: 4, threads: 1, prefixReuse: 'off' } as const;
  served = await serveReal({ model, alias: ['gguf', 'onnx'], ...sizes, ...precise, preload: true });
});
after(() => served.close());

interface Completion {
  tokens: number[];
  tokens_evaluated: number;
  completion_probabilities: { id: number; logprob: number }[];
}

const names = ['gguf', 'onnx'] as const;

async function complete(model: string, more: object = {}): Promise<Completion> {
  const asked = { prompt: tinyGolden.prompt, n_predict: 32, temperature: 0, ignore_eos: true, return_tokens: true };
  const { status, body } = await postJson(`${served.url}/completion`, { model, ...asked, ...more });
  assert.equal(status, 200, JSON.stringify(body));
  return body as Completion;
}

test('a GGUF and an ONNX model serve beside each other, each by its name', () => {
  assert.deepEqual(
    served.models.map(({ id, format, tasks }) => [id, format, tasks]),
    [
      ['gguf', 'gguf', ['generate']],
      ['onnx', 'onnx', ['generate']],
    ],
  );
});

test('at the same time both give the same greedy tokens, with the same log probabilities', async () => {
  const asked = [...names, ...names, ...names].map((name) => complete(name, { n_probs: 1 }));
  const told = await Promise.all(asked);
  const [{ completion_probabilities: first } = assert.fail()] = told;
  for (const { tokens, completion_probabilities: probabilities } of told) {
    assert.deepEqual(tokens, tinyGolden.greedy);
    for (const [at, { logprob }] of probabilities.entries()) {
      assert.ok(Math.abs(logprob - (first[at]?.logprob ?? NaN)) < 1e-3, `token ${at}: ${logprob}`);
    }
  }
});

test('both read a text as the same tokens, and count them alike', async () => {
  const texts = [
    tinyGolden.text,
    'naïve café 日本 🙂',
    '  two  spaces\n\n\ttab',
    "it's 12345 o'clock",
    '<|im_start|>user\n',
  ];
  for (const content of texts) {
    const [gguf, onnx] = await Promise.all(
      names.map(async (model) => (await postJson(`${served.url}/tokenize`, { model, content })).body),
    );
    assert.deepEqual(onnx, gguf, content);
  }
});

test('biases, bans, penalties and grammars lead both to the same tokens', async () => {
  const [first = -1] = tinyGolden.greedy;
  const wishes: object[] = [
    { logit_bias: [[first, false]] },
    { logit_bias: [[100, 50]] },
    { repeat_penalty: 1.5 },
    { presence_penalty: 1.5, frequency_penalty: 0.5 },
    { grammar: 'root ::= [a-z]{1,12} [0-9]{1,9}', ignore_eos: false },
    { n_predict: 5 },
  ];
  for (const wish of wishes) {
    const [gguf, onnx] = await Promise.all(names.map((name) => complete(name, wish)));
    assert.deepEqual(onnx?.tokens, gguf?.tokens, JSON.stringify(wish));
  }
});
