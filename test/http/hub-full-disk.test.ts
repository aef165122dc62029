import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, beforeEach, suite, test } from 'node:test';
import { takeLock } from '../../src/hub/lock.ts';
import { HubCache } from '../support/hub-cache.ts';
import { mountSmallDisk } from '../support/small-disk.ts';

const MiB = 2 ** 20;
const disk = mountSmallDisk(8 * MiB);
const weights = randomBytes(5 * MiB);

suite('a disk that gets full', { skip: typeof disk === 'string' && disk }, () => {
  if (typeof disk === 'string') return;
  let hub: HubCache;
  after(() => disk.unmount());
  beforeEach(async () => {
    hub = await HubCache.open({}, disk.path);
  });
  afterEach(async () => {
    disk.clear();
    await hub.close();
  });

  const blobs = (): string => join(hub.folder, 'hf/models--owner--model/blobs');
  const starts = (): (number | undefined)[] =>
    hub.server.requests.filter(({ side }) => side === 'storage').map(({ from }) => from);

  test('while a model comes, it says which file wants how much, and the next pull goes on from what there was room for', async () => {
    const repo = hub.server.add('owner/model', { 'model.gguf': weights });
    // The room was there when it was looked for; then somebody else took it.
    hub.server.fault = ({ side }) => {
      if (side === 'storage') disk.fill(2 * MiB);
      return undefined;
    };
    const { code, stdout, stderr } = await hub.start(['pull', 'hf:owner/model']).ended;
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /hearth: The disk of \S+\/blobs is too full: model\.gguf of hf:owner\/model needs 3 MiB more and 0 MiB are free; what was fetched so far is kept; make room \(hearth list, hearth rm NAME\), or set HF_HUB_CACHE or MODELSCOPE_CACHE to a folder on another disk\.\n$/,
    );
    assert.deepEqual(await readdir(blobs()), [`${repo.sha256('model.gguf')}.hearth.incomplete`]);
    const { size } = await stat(join(blobs(), `${repo.sha256('model.gguf')}.hearth.incomplete`));
    assert.ok(size > MiB && size < 3 * MiB, String(size));

    hub.server.fault = () => undefined;
    await assert.rejects(hub.pull('hf:owner/model'), {
      code: 'insufficient_memory',
      message: /: 3 MiB are still to be fetched and 0 MiB are free; /,
    });
    disk.clear();
    const local = await hub.pull('hf:owner/model');
    assert.deepEqual(await readFile(local.path), weights);
    assert.deepEqual(starts(), [undefined, size]);
    assert.equal(local.fetched, weights.length - size);
  });

  test('tells a running server, whose client gets the same sentence', async () => {
    hub.server.add('owner/model', { 'model.gguf': weights });
    hub.server.fault = ({ side }) => {
      if (side === 'storage') disk.fill(2 * MiB);
      return undefined;
    };
    const { url, post, stop } = await hub.serve([]);
    try {
      const response = await post('/models/pull', { model: 'hf:owner/model', stream: false });
      assert.equal(response.status, 507);
      assert.match(await response.text(), /model\.gguf of hf:owner\/model needs 3 MiB more and 0 MiB are free; /);
      assert.equal((await fetch(`${url}/health`)).status, 200);
    } finally {
      await stop();
    }
  });

  test('a lock that finds no room leaves no file that the next one would wait for', async () => {
    disk.fill(0);
    const path = join(hub.folder, 'x.lock');
    await assert.rejects(
      takeLock(path, undefined, () => {}),
      { code: 'ENOSPC' },
    );
    assert.deepEqual(await readdir(hub.folder), []);
    disk.clear();
    const lock = await takeLock(path, undefined, () => assert.fail('it waited'));
    await lock.release();
  });
});
