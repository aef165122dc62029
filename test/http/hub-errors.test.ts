import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { InferenceError, type ErrorCode } from '../../src/contract/errors.ts';
import type { PullOptions } from '../../src/hub/index.ts';
import { HubCache } from '../support/hub-cache.ts';

let hub: HubCache;
beforeEach(async () => {
  hub = await HubCache.open();
});
afterEach(() => hub.close());

const weights = randomBytes(100_000);
const file = 'model.Q4_K_M.gguf';

async function refuses(
  name: string,
  code: ErrorCode,
  message: RegExp,
  options: Partial<PullOptions> = {},
): Promise<InferenceError> {
  const error: unknown = await hub.pull(name, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof InferenceError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return error;
}

/** Nothing may be left of a pull that was refused before anything came. */
async function nothingWritten(): Promise<void> {
  const names = existsSync(hub.folder) ? await readdir(hub.folder, { recursive: true }) : [];
  assert.deepEqual(
    names.filter((name) => /incomplete|lock|snapshots|refs/.test(name)),
    [],
  );
}

test('an unknown repository is told by its name, with what a private one would need', async () => {
  await refuses(
    'hf:owner/nothing',
    'model_not_found',
    /^127\.0\.0\.1:\d+ has no public model hf:owner\/nothing; check the name, and if it is private, set HF_TOKEN to a token of yours \(http.*\/settings\/tokens\)\.$/,
  );
  await refuses(
    'modelscope:owner/nothing',
    'model_not_found',
    /has no public model modelscope:owner\/nothing; .* set MODELSCOPE_API_TOKEN/,
  );
  await nothingWritten();
});

test('a wrong revision is told as such', async () => {
  hub.server.add('owner/model', { [file]: weights });
  await refuses(
    'hf:owner/model@nope',
    'model_not_found',
    /^hf:owner\/model has no revision nope; see http.*\/owner\/model for its branches and tags\.$/,
  );
  await refuses('modelscope:owner/model@nope', 'model_not_found', /^modelscope:owner\/model has no revision nope;/);
});

test('a quantization and a file that are not there are told with those that are', async () => {
  hub.server.add('owner/model', { [file]: weights });
  await refuses(
    'hf:owner/model:Q8_0',
    'model_not_found',
    /^hf:owner\/model has no quantization Q8_0; there are Q4_K_M\.$/,
  );
  await refuses(
    'modelscope:owner/model/x.gguf',
    'model_not_found',
    /^modelscope:owner\/model has no file x\.gguf; there are Q4_K_M\.$/,
  );
  await nothingWritten();
});

test('a gated model says where its conditions are accepted, and how to come with a token', async () => {
  hub.server.add('meta/llama', { [file]: weights }, { gated: true });
  await refuses(
    'hf:meta/llama',
    'forbidden',
    /^hf:meta\/llama is gated: accept its conditions on http.*\/meta\/llama; then set HF_TOKEN to a token of yours \(http.*\/settings\/tokens\)\.$/,
  );
  assert.deepEqual(await readdir(join(hub.folder, 'hf/models--meta--llama/blobs')), []);
  await refuses('hf:meta/llama', 'forbidden', /is gated: .*; so far the account of HF_TOKEN has no access\.$/, {
    settings: hub.settings({ hfToken: 'hf_other' }),
  });
  const local = await hub.pull('hf:meta/llama', { settings: hub.settings({ hfToken: 'hf_right' }) });
  assert.equal(local.fetched, weights.length);
});

test('a private model is there for its token', async () => {
  hub.server.add('me/own', { [file]: weights }, { private: true });
  await refuses('hf:me/own', 'model_not_found', /has no public model/);
  await refuses('modelscope:me/own', 'model_not_found', /has no public model/);
  assert.equal(
    (await hub.pull('hf:me/own', { settings: hub.settings({ hfToken: 'hf_right' }) })).fetched,
    weights.length,
  );
  assert.equal(
    (await hub.pull('modelscope:me/own', { settings: hub.settings({ modelScopeToken: 'hf_right' }) })).fetched,
    weights.length,
  );
});

test('tokens and cookies never reach the host that a redirect names', async () => {
  hub.server.add('me/own', { [file]: weights }, { private: true });
  hub.server.fault = (() => {
    const cuts = [{ cutAfter: 1000 }, { cutAfter: 1000 }];
    return ({ side }) => (side === 'storage' ? cuts.shift() : undefined);
  })();
  await hub.pull('hf:me/own', { settings: hub.settings({ hfToken: 'hf_right' }) });
  await hub.pull('modelscope:me/own', { settings: hub.settings({ modelScopeToken: 'hf_right' }) });
  const storage = hub.server.requests.filter(({ side }) => side === 'storage');
  assert.ok(storage.length >= 4);
  for (const { headers } of storage) assert.deepEqual([headers.authorization, headers.cookie], [undefined, undefined]);
  const own = hub.server.requests.filter(({ side }) => side === 'hub');
  assert.ok(own.length >= 5 && own.every(({ headers }) => headers.authorization === 'Bearer hf_right'));
});

test('a token that the hub does not accept is told without the token', async () => {
  hub.server.add('owner/model', { [file]: weights });
  hub.server.fault = () => ({ status: 401 });
  const error = await refuses('hf:owner/model', 'forbidden', /does not accept the token in HF_TOKEN; make a new one/, {
    settings: hub.settings({ hfToken: 'hf_secret' }),
  });
  assert.ok(!error.message.includes('hf_secret'));
});

test('403 says where access is asked for', async () => {
  hub.server.add('owner/model', { [file]: weights });
  hub.server.fault = () => ({ status: 403 });
  await refuses('hf:owner/model', 'forbidden', /forbids hf:owner\/model: ask for access on http/);
});

test('429 and 503 are tried again after what Retry-After says', async () => {
  hub.server.add('owner/model', { [file]: weights });
  const begun = performance.now();
  const faults = [
    { status: 429, headers: { 'retry-after': '1' } },
    { status: 503, headers: { 'retry-after': new Date(Date.now() + 2000).toUTCString() } },
  ];
  hub.server.fault = () => faults.shift();
  await hub.pull('hf:owner/model');
  assert.equal(faults.length, 0);
  assert.ok(performance.now() - begun > 1000);
});

test('a Retry-After beyond a minute is passed on instead of waited for', async () => {
  hub.server.add('owner/model', { [file]: weights });
  hub.server.fault = () => ({ status: 429, headers: { 'retry-after': '3600' } });
  const error = await refuses(
    'hf:owner/model',
    'overloaded',
    /lets nobody ask so often; try again in 3600 s, or set HF_TOKEN, which raises the limit\.$/,
  );
  assert.equal(error.retryAfter, 3600);
  assert.equal(hub.server.requests.length, 1);
});

test('a hub that fails for long is told as such, and one that is not there too', async () => {
  hub.server.add('owner/model', { [file]: weights });
  hub.server.fault = () => ({ status: 500 });
  await refuses('hf:owner/model', 'model_failed', /answered 500 for hf:owner\/model; try again later\.$/);
  assert.equal(hub.server.requests.length, 5);
  const huggingFace = { ...hub.settings().huggingFace, endpoint: 'http://127.0.0.1:1' };
  await refuses(
    'hf:owner/model',
    'model_failed',
    /^127\.0\.0\.1:1 cannot be reached \(.*\); check the network and the endpoint\.$/,
    { settings: { ...hub.settings(), huggingFace } },
  );
  await nothingWritten();
});

test('a hub that speaks something else is no hub', async () => {
  hub.server.fault = () => ({ status: 200, body: '<html>log in</html>' });
  await refuses('hf:owner/model', 'model_failed', /cannot be reached \(/);
  hub.server.fault = () => ({ status: 200, body: '{"sha":"../../x"}' });
  await refuses('hf:owner/model', 'model_failed', /in a form that is not known/);
});

test('what is in the cache does when the hub fails, and when it must not be asked', async () => {
  hub.server.add('owner/model', { [file]: weights });
  const { path } = await hub.pull('hf:owner/model');
  const asked = hub.server.requests.length;
  assert.equal((await hub.pull('hf:owner/model', { settings: hub.settings({ offline: true }) })).path, path);
  assert.equal(hub.server.requests.length, asked);
  await refuses('hf:owner/other', 'model_not_found', /is not in the cache .*, and HF_HUB_OFFLINE forbids to fetch it/, {
    settings: hub.settings({ offline: true }),
  });
  hub.server.fault = () => ({ status: 502 });
  assert.equal((await hub.pull('hf:owner/model')).path, path);
  assert.match(hub.notes.at(-1) ?? '', /answered 502 .* What is in the cache is taken\.$/);
});

test('free space is looked at before anything is fetched', async () => {
  hub.server.add('owner/model', { [file]: weights }, { listed: { [file]: { bytes: 2 ** 52 } } });
  await refuses(
    'hf:owner/model',
    'insufficient_memory',
    /^The disk of .* is too full: 4194304\.0 GiB are still to be fetched and .* are free; make room \(hearth list, hearth rm NAME\)/,
  );
  assert.deepEqual(hub.server.downloads(file), []);
  await nothingWritten();
});

test('a cache that cannot be made says which variables move it', async () => {
  hub.server.add('owner/model', { [file]: weights });
  await writeFile(join(hub.folder, 'hf'), 'a file');
  await refuses(
    'hf:owner/model',
    'model_failed',
    /^The model cache .* cannot be written: a part of the path is no folder; set HF_HUB_CACHE, MODELSCOPE_CACHE or XDG_CACHE_HOME to a folder that can\.$/,
  );
});

test('redirects without end and to other protocols are refused', async () => {
  hub.server.fault = ({ url }) => ({ status: 302, headers: { location: url.href } });
  await refuses('hf:owner/model', 'model_failed', /redirects more than 10 times/);
  hub.server.fault = () => ({ status: 302, headers: { location: 'file:///etc/passwd' } });
  await refuses('hf:owner/model', 'model_failed', /redirects to file:/);
});

test('a file that changes on the hub between listing and fetching is refused', async () => {
  const repo = hub.server.add('owner/model', { [file]: weights });
  hub.server.fault = ({ url }) => {
    if (url.pathname.includes('/resolve/')) repo.files.set(file, randomBytes(100_000));
    return undefined;
  };
  await refuses('hf:owner/model', 'model_failed', /has changed on the hub since it was listed; try again\.$/);
});
