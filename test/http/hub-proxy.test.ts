import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { ConnectProxy } from '../support/connect-proxy.ts';
import { HubCache } from '../support/hub-cache.ts';

/** No name server knows it: only the proxy finds the hub. */
const host = 'hub.invalid';
const weights = randomBytes(300_000);
const tiny = readFileSync(new URL('../fixtures/tiny-random-llama.gguf', import.meta.url));

let hub: HubCache;
let proxy: ConnectProxy;
afterEach(async () => {
  await hub.close();
  await proxy.close();
});

suite('an http hub behind a proxy', () => {
  beforeEach(async () => {
    hub = await HubCache.open({ host });
    proxy = await ConnectProxy.start();
    hub.server.add('owner/model', { 'model.gguf': weights });
  });

  test('a model is pulled through it, with the user and the password of its URL, which the hub does not see', async () => {
    proxy.user = 'me@corp:p:ss';
    const env = { HTTP_PROXY: `http://me%40corp:p%3Ass@${proxy.address}` };
    const { code, stdout, stderr } = await hub.start(['pull', 'hf:owner/model'], env).ended;
    assert.equal(code, 0, stderr);
    assert.deepEqual(await readFile(stdout.trim()), weights);
    assert.doesNotMatch(stderr, /p%3Ass|p:ss|[Ww]arning/);
    assert.equal(proxy.seen.length, hub.server.requests.length);
    assert.ok(proxy.seen.every(({ method, target }) => method === 'GET' && target.startsWith(`${host}:`)));
    assert.ok(hub.server.requests.every(({ headers }) => headers['proxy-authorization'] === undefined));
    assert.deepEqual(new Set(hub.server.requests.map(({ side }) => side)), new Set(['hub', 'storage']));
  });

  test('a server fetches through it what it is started with, and what it is told to pull', async () => {
    hub.server.add('owner/tiny', { 'tiny-Q8_0.gguf': tiny });
    hub.server.add('owner/second', { 'second-Q8_0.gguf': tiny });
    const env = { http_proxy: `http://${proxy.address}` };
    const { post, stop } = await hub.serve(['--model', 'hf:owner/tiny'], env);
    let exitCode: number | null;
    try {
      const response = await post('/models/pull', { model: 'hf:owner/second', stream: false });
      assert.equal(response.status, 200, await response.text());
    } finally {
      exitCode = await stop();
    }
    assert.equal(exitCode, 0);
    for (const file of ['tiny-Q8_0.gguf', 'second-Q8_0.gguf']) assert.equal(hub.server.downloads(file).length, 1);
    assert.equal(proxy.seen.length, hub.server.requests.length);
  });

  test('a cut download goes on through it', async () => {
    let cuts = 0;
    hub.server.fault = ({ side }) => (side === 'storage' && (cuts += 1) === 1 ? { cutAfter: 100_000 } : undefined);
    const settings = { ...hub.settings(), proxies: { http: `http://${proxy.address}`, https: undefined, except: [] } };
    const local = await hub.pull('hf:owner/model', { settings });
    assert.deepEqual(await readFile(local.path), weights);
    const starts = hub.server.requests.filter(({ side }) => side === 'storage').map(({ from }) => from ?? 0);
    assert.equal(starts.length, 2);
    assert.ok((starts[1] ?? 0) > 0);
  });

  test('whoever it does not serve is told by its name at once, without the password', async () => {
    const password = 'very-secret';
    const ask = (address: string): Promise<{ code: number | null; stderr: string }> =>
      hub.start(['pull', 'hf:owner/model'], { HTTP_PROXY: `http://me:${password}@${address}` }).ended;
    proxy.user = 'me:another';
    const wrong = await ask(proxy.address);
    assert.equal(wrong.code, 1);
    assert.match(
      wrong.stderr,
      /^hearth: hub\.invalid:\d+ cannot be reached: the proxy http:\/\/127\.0\.0\.1:\d+ wants another name and password \(407\); write them into its variable: http:\/\/USER:PASSWORD@127\.0\.0\.1:\d+\.\n$/,
    );
    assert.equal(proxy.seen.length, 1);
    const { address } = proxy;
    await proxy.close();
    const nobody = await ask(address);
    assert.match(
      nobody.stderr,
      /^hearth: hub\.invalid:\d+ cannot be reached through the proxy http:\/\/127\.0\.0\.1:\d+ \(connect ECONNREFUSED [^)]+\); check HTTP_PROXY and HTTPS_PROXY, or list the host in NO_PROXY\.\n$/,
    );
    for (const { stderr } of [wrong, nobody]) assert.ok(!stderr.includes(password));
    proxy = await ConnectProxy.start();
  });
});

test('whom NO_PROXY names is asked directly, and nobody else', async () => {
  hub = await HubCache.open();
  proxy = await ConnectProxy.start();
  hub.server.add('owner/model', { 'model.gguf': weights });
  const { port } = new URL(hub.server.endpoint);
  const env = { HTTP_PROXY: `http://${proxy.address}`, NO_PROXY: `example.com,127.0.0.1:${port}` };
  const { code, stderr } = await hub.start(['pull', 'hf:owner/model'], env).ended;
  assert.equal(code, 0, stderr);
  // The storage has another port.
  assert.deepEqual(
    proxy.seen.map(({ target }) => target),
    [new URL(hub.server.storage).host],
  );
});

function openssl(): string | false {
  try {
    execFileSync('openssl', ['version']);
    return false;
  } catch {
    return 'openssl, which makes the certificate, is not here';
  }
}

suite('an https hub behind a proxy', { skip: openssl() }, () => {
  let folder: string;
  let tls: { key: Buffer; cert: Buffer };
  const certificate = (): string => join(folder, 'cert.pem');
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hearth-tls-'));
    const key = join(folder, 'key.pem');
    const kind = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=hub';
    const names = ['-addext', `subjectAltName=DNS:${host}`, '-keyout', key, '-out', certificate()];
    execFileSync('openssl', [...kind.split(' '), ...names], { stdio: 'ignore' });
    tls = { key: readFileSync(key), cert: readFileSync(certificate()) };
  });
  after(() => rmSync(folder, { recursive: true }));
  beforeEach(async () => {
    hub = await HubCache.open({ host, tls });
    proxy = await ConnectProxy.start();
    hub.server.add('owner/model', { 'model.gguf': weights });
  });

  test('a model is pulled through tunnels, in which the proxy sees names alone', async () => {
    proxy.user = 'me:secret';
    const env = { HTTPS_PROXY: `http://me:secret@${proxy.address}`, NODE_EXTRA_CA_CERTS: certificate() };
    const { code, stdout, stderr } = await hub.start(['pull', 'hf:owner/model'], env).ended;
    assert.equal(code, 0, stderr);
    assert.deepEqual(await readFile(stdout.trim()), weights);
    assert.ok(proxy.seen.every(({ method }) => method === 'CONNECT'));
    const wanted = [hub.server.endpoint, hub.server.storage].map((url) => new URL(url).host);
    assert.deepEqual(new Set(proxy.seen.map(({ target }) => target)), new Set(wanted));
    assert.ok(hub.server.requests.every(({ headers }) => headers['proxy-authorization'] === undefined));
  });

  test('a proxy that opens no tunnel is named, and asked again only where that makes sense', async () => {
    const settings = { ...hub.settings(), proxies: { http: undefined, https: `http://${proxy.address}`, except: [] } };
    for (const [status, tries, message] of [
      [407, 1, /: the proxy http:\/\/127\.0\.0\.1:\d+ wants another name and password \(407\); write them into /],
      [403, 1, /^hub\.invalid:\d+ cannot be reached through the proxy http:\/\/127\.0\.0\.1:\d+ \(it answers 403\); /],
      [502, 5, /through the proxy http:\/\/127\.0\.0\.1:\d+ \(it answers 502\); /],
    ] as const) {
      proxy.refusal = status;
      proxy.seen.length = 0;
      await assert.rejects(hub.pull('hf:owner/model', { settings }), { code: 'model_failed', message });
      assert.equal(proxy.seen.length, tries, String(status));
    }
  });

  test('a certificate that nobody vouches for is refused through a proxy too', async () => {
    const { code, stderr } = await hub.start(['pull', 'hf:owner/model'], { HTTPS_PROXY: proxy.address }).ended;
    assert.equal(code, 1);
    assert.match(stderr, /cannot be reached through the proxy .* \(self-signed certificate/);
    assert.equal(hub.server.requests.length, 0);
  });
});
