import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readHubSettings } from '../../src/config/hub-environment.ts';
import { UsageError } from '../../src/config/usage-error.ts';

test('without variables the public hubs and the usual folders are taken', () => {
  assert.deepEqual(readHubSettings({ HOME: '/home/me' }, 'hf'), {
    hub: 'hf',
    huggingFace: { endpoint: 'https://huggingface.co', token: undefined, cache: '/home/me/.cache/huggingface/hub' },
    modelScope: { endpoint: 'https://modelscope.cn', token: undefined, cache: '/home/me/.cache/modelscope/hub/hearth' },
    urlCache: '/home/me/.cache/hearth/urls',
    offline: false,
    proxies: { http: undefined, https: undefined, except: [] },
  });
});

test("the hubs' own variables are followed", () => {
  const env = {
    HOME: '/home/me',
    HF_ENDPOINT: 'https://hf-mirror.com/',
    HF_TOKEN: ' hf_abc\n',
    HF_HOME: '/data/hf',
    HF_HUB_OFFLINE: '1',
    MODELSCOPE_ENDPOINT: 'https://modelscope.ai',
    MODELSCOPE_API_TOKEN: 'ms-1',
    MODELSCOPE_CACHE: '/data/ms',
    XDG_CACHE_HOME: '/data/cache',
  };
  assert.deepEqual(readHubSettings(env, 'modelscope'), {
    hub: 'modelscope',
    huggingFace: { endpoint: 'https://hf-mirror.com', token: 'hf_abc', cache: '/data/hf/hub' },
    modelScope: { endpoint: 'https://modelscope.ai', token: 'ms-1', cache: '/data/ms/hearth' },
    urlCache: '/data/cache/hearth/urls',
    offline: true,
    proxies: { http: undefined, https: undefined, except: [] },
  });
  assert.equal(readHubSettings({ ...env, HF_HUB_CACHE: '/hub' }, 'hf').huggingFace.cache, '/hub');
});

test("ModelScope's endpoint may be a bare host, as its own client takes it", () => {
  assert.equal(
    readHubSettings({ MODELSCOPE_ENDPOINT: 'www.modelscope.ai' }, 'hf').modelScope.endpoint,
    'https://www.modelscope.ai',
  );
});

test('an empty variable is none', () => {
  const { huggingFace } = readHubSettings({ HOME: '/h', HF_ENDPOINT: '', HF_TOKEN: '', HF_HOME: ' ' }, 'hf');
  assert.deepEqual(huggingFace, {
    endpoint: 'https://huggingface.co',
    token: undefined,
    cache: '/h/.cache/huggingface/hub',
  });
});

test('the token that a login has stored is taken where no variable names one', () => {
  const home = mkdtempSync(join(tmpdir(), 'hearth-hf-'));
  try {
    mkdirSync(join(home, 'hf'));
    writeFileSync(join(home, 'hf', 'token'), 'hf_stored\n');
    const env = { HF_HOME: join(home, 'hf') };
    assert.equal(readHubSettings(env, 'hf').huggingFace.token, 'hf_stored');
    assert.equal(readHubSettings({ ...env, HF_TOKEN: 'hf_given' }, 'hf').huggingFace.token, 'hf_given');
  } finally {
    rmSync(home, { recursive: true });
  }
});

test('an endpoint that is no URL and a token that no header can carry are bad usage, without the token', () => {
  for (const HF_ENDPOINT of ['mirror', 'ftp://x', 'https://x?y=1'])
    assert.throws(
      () => readHubSettings({ HF_ENDPOINT }, 'hf'),
      new UsageError(
        `HF_ENDPOINT must be the URL of a hub, such as https://huggingface.co, not ${JSON.stringify(HF_ENDPOINT)}.`,
      ),
    );
  assert.throws(
    () => readHubSettings({ HF_TOKEN: 'hf abc' }, 'hf'),
    new UsageError('HF_TOKEN must be a token of ASCII characters without spaces.'),
  );
});
