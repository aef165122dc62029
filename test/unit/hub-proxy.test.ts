import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHubSettings } from '../../src/config/hub-environment.ts';
import { UsageError } from '../../src/config/usage-error.ts';
import type { Proxies } from '../../src/contract/hub.ts';
import { proxyFor } from '../../src/hub/proxy.ts';

const read = (env: NodeJS.ProcessEnv): Proxies => readHubSettings({ HOME: '/h', ...env }, 'hf').proxies;

function through(url: string, env: NodeJS.ProcessEnv): string | undefined {
  return proxyFor(new URL(url), read(env))?.href;
}

test('a proxy is taken for the addresses that its variable is for, and its name needs no http://', () => {
  const env = { HTTP_PROXY: 'http://one:3128', HTTPS_PROXY: 'two:8080' };
  assert.equal(through('http://hub/x', env), 'http://one:3128/');
  assert.equal(through('https://hub/x', env), 'http://two:8080/');
  assert.equal(through('https://hub/x', { HTTP_PROXY: 'http://one:3128' }), undefined);
  assert.equal(through('https://hub/x', { HTTPS_PROXY: ' ' }), undefined);
});

test('small letters go before capital ones', () => {
  const env = { HTTPS_PROXY: 'capital:1', https_proxy: 'small:1', NO_PROXY: 'a.example', no_proxy: 'b.example' };
  assert.equal(through('https://a.example', env), 'http://small:1/');
  assert.equal(through('https://b.example', env), undefined);
});

test('NO_PROXY names hosts with all below them, ports, addresses and networks', () => {
  const cases: [noProxy: string, url: string, direct: boolean][] = [
    ['*', 'https://hub.example', true],
    ['hub.example', 'https://hub.example/x', true],
    ['HUB.example', 'https://hub.EXAMPLE', true],
    ['hub.example', 'https://cdn.hub.example', true],
    ['hub.example', 'https://otherhub.example', false],
    ['.hub.example', 'https://cdn.hub.example', true],
    ['*.hub.example', 'https://cdn.hub.example', true],
    ['hub.example:443', 'https://hub.example', true],
    ['hub.example:8443', 'https://hub.example', false],
    ['hub.example:8443', 'https://hub.example:8443', true],
    ['hub.example:80', 'http://hub.example', true],
    ['other, hub.example', 'https://hub.example', true],
    ['other hub.example', 'https://hub.example', true],
    ['10.1.2.3', 'https://10.1.2.3', true],
    ['10.1.2.3', 'https://110.1.2.3', false],
    ['10.0.0.0/8', 'https://10.200.1.1:8443', true],
    ['10.0.0.0/8', 'https://11.0.0.1', false],
    ['10.0.0.0/8', 'https://hub.example', false],
    ['10.0.0.0/99', 'https://10.0.0.1', false],
    ['::1', 'http://[::1]:8000', true],
    ['[::1]', 'http://[::1]', true],
    ['[::1]:8000', 'http://[::1]:8000', true],
    ['[::1]:8000', 'http://[::1]:9000', false],
    ['fd00::/8', 'http://[fd12::1]', true],
    ['fd00::/8', 'http://10.0.0.1', false],
    ['', 'https://hub.example', false],
  ];
  for (const [noProxy, url, direct] of cases) {
    const found = through(url, { HTTP_PROXY: 'p:1', HTTPS_PROXY: 'p:1', NO_PROXY: noProxy });
    assert.equal(found === undefined, direct, `${noProxy} and ${url}`);
  }
});

test('what is no proxy is refused by the name of its variable, without what it holds', () => {
  for (const wrong of ['socks5://proxy:1080', 'http://', 'a b', 'http://me:secret%zz@proxy:1'])
    assert.throws(
      () => read({ https_proxy: wrong }),
      (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, /^https_proxy must be the URL of an HTTP proxy, such as /);
        assert.ok(!error.message.includes('secret'));
        return true;
      },
    );
});
