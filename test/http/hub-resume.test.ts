import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { HubCache } from '../support/hub-cache.ts';
import type { Fault, Seen } from '../support/hub-sending.ts';

let hub: HubCache;
beforeEach(async () => {
  hub = await HubCache.open();
});
afterEach(() => hub.close());

const weights = randomBytes(400_000);
const file = 'model.Q4_K_M.gguf';

/** Lets something go wrong with the requests for the file's content, one after the other; then nothing. */
function faults(...list: (Fault | undefined)[]): void {
  hub.server.fault = ({ side }: Seen) => (side === 'storage' ? list.shift() : undefined);
}

const blobs = (): Promise<string[]> => readdir(join(hub.folder, 'hf/models--owner--model/blobs'));
const starts = (): (number | undefined)[] =>
  hub.server.requests.filter(({ side }) => side === 'storage').map(({ from }) => from);
const sent = (): number =>
  hub.server.requests.filter(({ side }) => side === 'storage').reduce((sum, seen) => sum + seen.sent, 0);

for (const kind of ['hf', 'modelscope']) {
  test(`${kind}: connections that are cut at random bytes cost only what was on the way`, async () => {
    hub.server.add('owner/model', { [file]: weights });
    const cuts = Array.from({ length: 12 }, () => randomInt(1, 60_000));
    faults(...cuts.map((cutAfter) => ({ cutAfter })));
    const local = await hub.pull(`${kind}:owner/model`);
    assert.deepEqual(await readFile(local.path), weights);
    assert.equal(local.fetched, weights.length, 'a byte came twice');
    const begun = starts();
    assert.ok(begun.length > 4);
    for (const [index, from] of begun.entries())
      if (index > 0) assert.ok((from ?? 0) >= (begun[index - 1] ?? 0), `went back: ${begun.join(' ')}`);
  });
}

test('the next pull goes on where one stopped for good', async () => {
  const repo = hub.server.add('owner/model', { [file]: weights });
  faults({ cutAfter: 150_000 }, ...Array.from({ length: 5 }, () => ({ status: 503 })));
  await assert.rejects(hub.pull('hf:owner/model'), /answered 503 for hf:owner\/model; try again later\.$/);
  assert.deepEqual(await blobs(), [`${repo.sha256(file)}.hearth.incomplete`]);
  faults();
  const local = await hub.pull('hf:owner/model');
  assert.deepEqual(await readFile(local.path), weights);
  assert.equal(local.fetched, weights.length - (starts().at(-1) ?? 0));
  assert.ok((starts().at(-1) ?? 0) > 0);
  assert.deepEqual(await blobs(), [repo.sha256(file)]);
});

test('a server that ignores Range is read from the beginning', async () => {
  hub.server.add('owner/model', { [file]: weights });
  faults({ cutAfter: 200_000 }, { ignoreRange: true });
  const local = await hub.pull('hf:owner/model');
  assert.deepEqual(await readFile(local.path), weights);
  assert.equal(hub.server.requests.at(-1)?.sent, weights.length);
});

test('a server that ignores Range and cuts again and again is given up', async () => {
  hub.server.add('owner/model', { [file]: weights });
  hub.server.fault = ({ side, from }) =>
    side !== 'storage' ? undefined : from === undefined ? { cutAfter: 1000 } : { content: weights.subarray(0, 500) };
  await assert.rejects(hub.pull('hf:owner/model'), InferenceError);
  assert.ok(starts().length < 30);
});

test('a part that is not the one asked for is thrown away', async () => {
  hub.server.add('owner/model', { [file]: weights });
  faults({ cutAfter: 200_000 }, { shiftRange: 7 });
  assert.deepEqual(await readFile((await hub.pull('hf:owner/model')).path), weights);
  assert.equal(starts().length, 3);
  assert.equal(starts()[2], undefined);
});

test('416 throws away what is here', async () => {
  hub.server.add('owner/model', { [file]: weights });
  faults({ cutAfter: 200_000 }, { status: 416 });
  assert.deepEqual(await readFile((await hub.pull('hf:owner/model')).path), weights);
  assert.deepEqual(starts().slice(2), [undefined]);
});

test('an unfinished file that is too long is begun again', async () => {
  const repo = hub.server.add('owner/model', { [file]: weights });
  faults({ cutAfter: 1000 }, ...Array.from({ length: 5 }, () => ({ status: 500 })));
  await assert.rejects(hub.pull('hf:owner/model'));
  await writeFile(
    join(hub.folder, 'hf/models--owner--model/blobs', `${repo.sha256(file)}.hearth.incomplete`),
    randomBytes(500_000),
  );
  faults();
  assert.deepEqual(await readFile((await hub.pull('hf:owner/model')).path), weights);
});

test('an unfinished file that a crash has spoilt is found out at its end and fetched anew', async () => {
  const repo = hub.server.add('owner/model', { [file]: weights });
  faults({ cutAfter: 100_000 }, ...Array.from({ length: 5 }, () => ({ status: 500 })));
  await assert.rejects(hub.pull('hf:owner/model'));
  await writeFile(
    join(hub.folder, 'hf/models--owner--model/blobs', `${repo.sha256(file)}.hearth.incomplete`),
    Buffer.alloc(100_000),
  );
  faults();
  assert.deepEqual(await readFile((await hub.pull('hf:owner/model')).path), weights);
});

test('a silent connection is dropped, and the rest is fetched by another one', async () => {
  hub.server.add('owner/model', { [file]: weights });
  faults({ silentAfter: 65_536 });
  const local = await hub.pull('hf:owner/model', { waits: { firstMs: 5, silenceMs: 2000 } });
  assert.deepEqual(await readFile(local.path), weights);
  assert.deepEqual(starts(), [undefined, 65_536]);
  assert.equal(sent(), weights.length);
});

test('a wrong sum leaves nothing, neither a name nor a part', async () => {
  hub.server.add('owner/model', { [file]: weights });
  const wrong = Buffer.from(weights);
  wrong[200_000] = (wrong[200_000] ?? 0) ^ 1;
  hub.server.fault = ({ side }) => (side === 'storage' ? { content: wrong } : undefined);
  await assert.rejects(hub.pull('hf:owner/model'), (error) => {
    assert.ok(error instanceof InferenceError);
    assert.equal(error.code, 'model_failed');
    assert.match(
      error.message,
      /^model\.Q4_K_M\.gguf of hf:owner\/model was fetched whole, but its sha256 is [\da-f]{64} instead of [\da-f]{64}; it was thrown away\./,
    );
    return true;
  });
  assert.deepEqual(await blobs(), []);
  assert.deepEqual(await readdir(join(hub.folder, 'hf/models--owner--model')), ['blobs']);
  hub.server.fault = () => undefined;
  assert.deepEqual(await readFile((await hub.pull('hf:owner/model')).path), weights);
});

test('more bytes than a file has are refused', async () => {
  hub.server.add('owner/model', { [file]: weights });
  hub.server.fault = ({ side }) => (side === 'storage' ? { content: Buffer.concat([weights, weights]) } : undefined);
  await assert.rejects(
    hub.pull('hf:owner/model'),
    /sends more than the 400000 bytes that model\.Q4_K_M\.gguf of hf:owner\/model has/,
  );
});

test('an abort keeps what came, and the next pull goes on', async () => {
  hub.server.add('owner/model', { [file]: weights });
  hub.server.pace = { ms: 5, bytes: 20_000 };
  const stopping = new AbortController();
  const options = hub.options({ signal: stopping.signal });
  const pulling = hub.pull('hf:owner/model', {
    ...options,
    onProgress: ({ done }) => {
      if (done >= 100_000) stopping.abort(new InferenceError('aborted', 'Stopped.'));
    },
  });
  await assert.rejects(pulling, /^InferenceError: Stopped\.$/);
  const left = await blobs();
  assert.equal(left.length, 1, 'the lock is gone');
  hub.server.pace = undefined;
  const local = await hub.pull('hf:owner/model');
  assert.ok(local.fetched <= 300_000);
  assert.deepEqual(await readFile(local.path), weights);
});

test('several at once in one process fetch a file once', async () => {
  hub.server.add('owner/model', { [file]: weights });
  hub.server.pace = { ms: 2, bytes: 20_000 };
  const locals = await Promise.all(Array.from({ length: 4 }, () => hub.pull('hf:owner/model')));
  assert.equal(locals.filter(({ fetched }) => fetched > 0).length, 1);
  assert.equal(starts().length, 1);
  assert.ok(hub.progress.some(({ waiting }) => waiting));
});
