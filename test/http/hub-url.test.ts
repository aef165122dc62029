import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import type { HubSettings } from '../../src/contract/hub.ts';
import { InferenceError, type ErrorCode } from '../../src/contract/errors.ts';
import { HubCache } from '../support/hub-cache.ts';

let hub: HubCache;
beforeEach(async () => {
  hub = await HubCache.open();
});
afterEach(() => hub.close());

const weights = randomBytes(400_000);

/** Settings with which the server is no hub, but somewhere on the web. */
function elsewhere(): HubSettings {
  const nowhere = { ...hub.settings().huggingFace, endpoint: 'http://127.0.0.1:1' };
  return { ...hub.settings(), huggingFace: nowhere, modelScope: nowhere };
}

async function refuses(url: string, code: ErrorCode, message: RegExp): Promise<InferenceError> {
  const error: unknown = await hub.pull(url, { settings: elsewhere() }).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof InferenceError, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return error;
}

test('a file of a plain URL is fetched, and known again by its version', async () => {
  const repo = hub.server.add('some', { 'x.gguf': weights });
  const url = `${hub.server.endpoint}/direct/some/x.gguf?signature=1`;
  const local = await hub.pull(url, { settings: elsewhere() });
  assert.deepEqual(await readFile(local.path), weights);
  assert.equal(local.id, 'x');
  assert.ok(!local.title.includes('signature'));
  assert.equal((await hub.pull(url.replace('=1', '=2'), { settings: elsewhere() })).fetched, 0);
  repo.commit = 'd'.repeat(40);
  assert.equal((await hub.pull(url, { settings: elsewhere() })).fetched, weights.length);
});

test('a plain URL goes on where it was cut, if it is still the same file', async () => {
  const repo = hub.server.add('some', { 'x.gguf': weights });
  const url = `${hub.server.endpoint}/direct/some/x.gguf`;
  // The first request asks how large it is.
  const faults = [undefined, { cutAfter: 100_000 }];
  hub.server.fault = () => faults.shift();
  const local = await hub.pull(url, { settings: elsewhere() });
  assert.deepEqual(await readFile(local.path), weights);
  const last = hub.server.requests.at(-1);
  assert.equal(last?.headers['if-range'], `"${repo.commit}"`);
  assert.ok((last?.from ?? 0) > 0);
});

test('a plain URL that is not there, or not for everybody, says so without its query', async () => {
  const url = `${hub.server.endpoint}/direct/some/x.gguf?signature=secret`;
  const missing = await refuses(url, 'model_not_found', /has no file http.*\/direct\/some\/x\.gguf; check the URL\.$/);
  hub.server.fault = () => ({ status: 403 });
  const closed = await refuses(url, 'forbidden', /does not give http.*x\.gguf to everybody/);
  for (const { message } of [missing, closed]) assert.ok(!message.includes('secret'));
  hub.server.fault = () => ({ status: 200, headers: { 'transfer-encoding': 'chunked' }, body: 'x' });
  await refuses(url, 'unsupported', /does not say how large http.*x\.gguf is; download it and pass its path\.$/);
});
