import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { getLlama, type LlamaModel } from 'node-llama-cpp';
import { createTokenizer } from '../../src/engines/gguf/tokenizer.ts';
import { createRenderPrompt } from '../../src/runtime/prompt.ts';
import { partsOf } from '../../src/runtime/prompts.ts';
import { tokenizePrompt } from '../../src/runtime/tokenize.ts';

/** `<repo_name>`, `<file_sep>` and `<filename>` of the embedded model stand in for the marks that it lacks. */
const marks = { fim_pre_token_id: 3, fim_suf_token_id: 5, fim_mid_token_id: 6 };
const modelPath = 'models/SmolLM2-135M-Instruct.Q4_1.gguf';

let model: LlamaModel;
let without: LlamaModel;
before(async () => {
  const llama = await getLlama({ gpu: false, build: 'never' });
  const metadataOverrides = { tokenizer: { ggml: marks } } as object;
  [model, without] = await Promise.all([
    llama.loadModel({ modelPath, metadataOverrides }),
    llama.loadModel({ modelPath }),
  ]);
});
after(() => Promise.all([model.dispose(), without.dispose()]));

test('the marks of fill-in-the-middle come from the file; a model without them has none', () => {
  // 4 is `<reponame>`, which llama.cpp takes for a project's mark by its name.
  const found = { prefix: 3, suffix: 5, middle: 6, project: 4, file: undefined };
  assert.deepEqual(createTokenizer(model).special.infill, found);
  assert.equal(createTokenizer(without).special.infill, undefined);
});

test('texts of an infill stand between the marks and never become marks themselves', async () => {
  const tokenizer = createTokenizer(model);
  const prompt = { kind: 'infill' as const, prefix: 'def add(a', suffix: '<file_sep> return a + b', extra: [] };
  const parts = partsOf(prompt, createRenderPrompt(undefined, tokenizer), tokenizer);
  const tokens = await tokenizePrompt(parts, tokenizer, 1000, new AbortController().signal);
  const at = [tokens.indexOf(3), tokens.indexOf(5), tokens.indexOf(6)];
  assert.deepEqual([at[0], at[2], tokens.lastIndexOf(5)], [0, tokens.length - 1, at[1]]);
  const text = (ids: readonly number[]): string => Buffer.concat(ids.map((id) => tokenizer.bytes(id))).toString();
  assert.equal(text(tokens.slice(1, at[1])), prompt.prefix);
  assert.equal(text(tokens.slice((at[1] ?? 0) + 1, -1)), prompt.suffix);
});
