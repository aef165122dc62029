import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { at } from '../support/at.ts';
import { FakeModel, hello } from '../support/fake-model.ts';
import { withServer } from '../support/server.ts';

const shell = promisify(execFile);
const pages = ['/', '/docs'];
const open = ['/', '/docs', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/openapi.json'];

test('the document and the pages need no key and tell nothing that wants one, also while the model loads', async () => {
  const model = new FakeModel(() => hello, 'secret-model');
  for (const loading of [true, false]) {
    await withServer({ model, loading, settings: { apiKeys: ['secret-key'] } }, async ({ url }) => {
      for (const path of open) {
        const reply = await fetch(url + path);
        assert.equal(reply.status, 200, path);
        assert.doesNotMatch(await reply.text(), /secret-/, path);
      }
      assert.equal((await fetch(`${url}/v1/models`)).status, 401);
      assert.equal((await fetch(`${url}/metrics`)).status, 401);
    });
  }
});

test('the document asks for a key where the server does, and tells of health and metrics', async () => {
  for (const apiKeys of [[], ['one']]) {
    await withServer({ settings: { apiKeys } }, async ({ url }) => {
      const reply = await fetch(`${url}/openapi.json`);
      assert.match(reply.headers.get('content-type') ?? '', /^application\/json/);
      const document: unknown = await reply.json();
      assert.equal(at(document, 'openapi'), '3.1.1');
      assert.match(String(at(document, 'info', 'version')), /^\d+\.\d+\.\d+/);
      assert.equal(at(document, 'components', 'securitySchemes') !== undefined, apiKeys.length > 0);
      assert.deepEqual(at(document, 'paths', '/health', 'get', 'security'), []);
      assert.equal(at(document, 'paths', '/metrics', 'get', 'security'), undefined);
    });
  }
});

test('a page runs its own script and style alone, and what comes from this server', async () => {
  await withServer({}, async ({ url }) => {
    for (const path of pages) {
      const reply = await fetch(url + path);
      const html = await reply.text();
      const policy = reply.headers.get('content-security-policy') ?? '';
      assert.match(policy, /^default-src 'none'; /);
      assert.doesNotMatch(policy, /unsafe|\*|https?:/);
      assert.match(reply.headers.get('content-type') ?? '', /^text\/html/);
      const blocks = [...html.matchAll(/<(script|style)>(.*?)<\/\1>/gs)];
      assert.equal(blocks.length, 2, path);
      for (const [, , text = ''] of blocks) {
        assert.ok(policy.includes(createHash('sha256').update(text).digest('base64')), path);
      }
      // Nothing else could run: no attribute that is a script or a style, no address elsewhere.
      assert.doesNotMatch(html, /<[^>]+\s(on\w+|style)=|<script [^>]*>[^<]|(src|href)="(https?:|\/)/, path);
    }
  });
});

test('links of the pages lead somewhere, also behind a prefix', async () => {
  await withServer({}, async ({ url }) => {
    for (const path of pages) {
      const html = await (await fetch(url + path)).text();
      const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link);
      for (const link of links.filter((one) => !one.startsWith('data:'))) {
        assert.equal((await fetch(new URL(link, url + path))).status, 200, link);
      }
    }
    const moved = await fetch(`${url}/docs/`, { redirect: 'manual' });
    assert.deepEqual([moved.status, moved.headers.get('location')], [308, '../docs']);
  });
});

test('takes GET and HEAD alone, and counts under the path', async () => {
  await withServer({}, async ({ url }) => {
    for (const path of ['/', '/docs', '/openapi.json']) {
      assert.equal((await fetch(url + path, { method: 'HEAD' })).status, 200, path);
      const refused = await fetch(url + path, { method: 'POST' });
      assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD, OPTIONS'], path);
    }
    assert.equal((await fetch(`${url}/docs/package.json`)).status, 404);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /hearth_requests_total\{route="\/openapi\.json",status="200"\} 1/);
  });
});

test('the command of the page works as it stands there', async () => {
  await withServer({}, async ({ url }) => {
    const html = await (await fetch(url)).text();
    const command = /<code id="curl">(.*?)<\/code>/s.exec(html)?.[1] ?? '';
    const text = command.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
    const { stdout } = await shell('sh', ['-c', text.replace('http://127.0.0.1:8000', url)]);
    assert.equal(at(JSON.parse(stdout), 'choices', 0, 'message', 'content'), 'Hello world');
  });
});
