import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { isModelName, parseModelName } from '../../src/hub/index.ts';

const endpoints = {
  hub: 'hf' as const,
  huggingFace: { endpoint: 'https://mirror.example/hf' },
  modelScope: { endpoint: 'https://modelscope.cn' },
};

/** kind, repository, quantization, file and revision, as far as they are there. */
function read(text: string, hub: 'hf' | 'modelscope' = 'hf'): unknown[] {
  const name = parseModelName(text, { ...endpoints, hub });
  if (name.kind === 'url') return ['url', name.url.href];
  const { kind, repo, quantization, file, revision } = name;
  return [kind, repo, quantization, file, revision];
}

const none = undefined;

const names: [string, unknown[]][] = [
  ['hf:owner/repo', ['hf', 'owner/repo', none, none, none]],
  ['HF:owner/repo', ['hf', 'owner/repo', none, none, none]],
  ['hf://owner/repo', ['hf', 'owner/repo', none, none, none]],
  ['hf:gpt2', ['hf', 'gpt2', none, none, none]],
  ['gpt2', ['hf', 'gpt2', none, none, none]],
  ['owner/repo', ['hf', 'owner/repo', none, none, none]],
  ['owner/repo:Q8_0', ['hf', 'owner/repo', 'Q8_0', none, none]],
  ['hf:owner/repo:Q4_K_M', ['hf', 'owner/repo', 'Q4_K_M', none, none]],
  ['hf:owner/repo/file.gguf', ['hf', 'owner/repo', none, 'file.gguf', none]],
  [
    'hf:owner/repo/folder/file-00001-of-00002.gguf',
    ['hf', 'owner/repo', none, 'folder/file-00001-of-00002.gguf', none],
  ],
  ['hf:owner/repo@v1.0', ['hf', 'owner/repo', none, none, 'v1.0']],
  ['hf:owner/repo@refs/pr/1', ['hf', 'owner/repo', none, none, 'refs/pr/1']],
  ['hf:owner/repo:Q4_0@main', ['hf', 'owner/repo', 'Q4_0', none, 'main']],
  ['hf:owner/repo/a.gguf@dev', ['hf', 'owner/repo', none, 'a.gguf', 'dev']],
  ['hf:owner/repo/a@b.gguf', ['hf', 'owner/repo', none, 'a@b.gguf', none]],
  ['hf:meta-llama/Llama-2-7b-chat-hf', ['hf', 'meta-llama/Llama-2-7b-chat-hf', none, none, none]],
  ['modelscope:owner/name', ['modelscope', 'owner/name', none, none, none]],
  ['modelscope:owner/name:Q4_0/x.gguf@v2', ['modelscope', 'owner/name', 'Q4_0', 'x.gguf', 'v2']],
  ['https://huggingface.co/owner/repo', ['hf', 'owner/repo', none, none, none]],
  ['https://huggingface.co/owner/repo/', ['hf', 'owner/repo', none, none, none]],
  ['https://huggingface.co/gpt2', ['hf', 'gpt2', none, none, none]],
  ['https://huggingface.co/owner/repo/tree/main', ['hf', 'owner/repo', none, none, none]],
  ['https://huggingface.co/owner/repo/tree/dev', ['hf', 'owner/repo', none, none, 'dev']],
  ['https://huggingface.co/owner/repo/blob/main/q/a.gguf', ['hf', 'owner/repo', none, 'q/a.gguf', none]],
  [
    'https://huggingface.co/owner/repo/resolve/main/a%20b.gguf?download=true',
    ['hf', 'owner/repo', none, 'a b.gguf', none],
  ],
  ['https://huggingface.co/owner/repo?library=gguf#files', ['hf', 'owner/repo', none, none, none]],
  ['hf.co/owner/repo:Q4_0', ['hf', 'owner/repo', 'Q4_0', none, none]],
  ['https://mirror.example/hf/owner/repo', ['hf', 'owner/repo', none, none, none]],
  ['https://www.modelscope.cn/models/owner/name', ['modelscope', 'owner/name', none, none, none]],
  ['https://modelscope.cn/models/owner/name/files', ['modelscope', 'owner/name', none, none, none]],
  ['https://modelscope.cn/models/owner/name/file/view/v1/a.gguf', ['modelscope', 'owner/name', none, 'a.gguf', 'v1']],
  ['https://modelscope.cn/models/owner/name/resolve/master/a.gguf', ['modelscope', 'owner/name', none, 'a.gguf', none]],
  ['https://files.example/some/x.gguf?sig=1', ['url', 'https://files.example/some/x.gguf?sig=1']],
];

for (const [text, expected] of names) test(`reads ${text}`, () => assert.deepEqual(read(text), expected));

test('a plain name is looked up on the hub that the setting names', () => {
  assert.deepEqual(read('owner/name', 'modelscope'), ['modelscope', 'owner/name', none, none, none]);
  assert.deepEqual(read('hf:owner/name', 'modelscope'), ['hf', 'owner/name', none, none, none]);
});

const wrong: [string, RegExp][] = [
  ['hf:', /^"hf:" is no model name; write hf:owner\/repo,/],
  ['hf:owner/', /no model name/],
  ['hf:/etc/passwd', /no model name/],
  ['hf:../../etc', /no model name/],
  ['hf:owner/..', /no model name/],
  ['hf:owner/repo:', /no model name/],
  ['hf:owner/repo:../x', /no model name|no path inside/],
  ['hf:owner/re po', /no model name/],
  ['hf:owner/repo/', /names the file "", which is no path inside a repository/],
  [
    'hf:owner/repo/../../x.gguf',
    /names the file "..\/..\/x.gguf", which is no path inside a repository; leave out ".."/,
  ],
  ['hf:owner/repo//etc/x.gguf', /names the file "\/etc\/x.gguf"/],
  ['hf:owner/repo/a\\b.gguf', /names the file "a\\\\b.gguf"/],
  ['hf:owner/repo/a\u0000.gguf', /names the file/],
  ['hf:owner/repo@', /names the revision ""/],
  ['hf:owner/repo@../x', /names the revision "..\/x"/],
  ['modelscope:name', /write modelscope:owner\/repo/],
  ['https://huggingface.co/', /names no model: no model lies there/],
  ['https://huggingface.co/datasets/a/b', /no model lies there/],
  ['https://huggingface.co/owner/repo/resolve/main/..%2F..%2Fx.gguf', /names the file "..\/..\/x.gguf"/],
  ['https://example.com/owner/repo', /its host is no hub and its path does not end in \.gguf/],
  ['https://me:secret@example.com/x.gguf', /names no model: a URL with a password/],
  ['https://[', /cannot be read/],
];

for (const [text, message] of wrong) {
  test(`refuses ${JSON.stringify(text)} with a sentence`, () => {
    assert.throws(
      () => parseModelName(text, endpoints),
      (error) => {
        assert.ok(error instanceof InferenceError);
        assert.equal(error.code, 'invalid_request');
        assert.equal(error.param, 'model');
        assert.match(error.message, message);
        assert.ok(!error.message.includes('secret'));
        return true;
      },
    );
  });
}

test('paths stay paths, and what is there is a path whatever it looks like', () => {
  for (const path of ['./a/b', '../a', '/abs/x', 'x.gguf', 'models/x.gguf', 'C:\\x\\y', '~/x', 'a/b/c', ''])
    assert.equal(isModelName(path), false, path);
  for (const name of ['hf:a/b', 'modelscope:a/b', 'https://x/y.gguf', 'hf.co/a/b', 'a/b', 'gpt2', 'a/b:Q4_0', 'a/b@v1'])
    assert.equal(isModelName(name), true, name);
  const folder = mkdtempSync(join(tmpdir(), 'hearth-names-'));
  const cwd = process.cwd();
  try {
    process.chdir(folder);
    writeFileSync('gpt2', 'GGUF');
    assert.equal(isModelName('gpt2'), false);
    assert.equal(isModelName('gpt3'), true);
  } finally {
    process.chdir(cwd);
    rmSync(folder, { recursive: true });
  }
});
