import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { FakeModel, end, hello, say, stall, start } from '../support/fake-model.ts';
import { until, withServer } from '../support/server.ts';
import type { Options, Running } from '../support/server.ts';

/** A Chromium of this machine: that of CHROMIUM, or one in the PATH. */
function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const named = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const candidates = folders.flatMap((folder) => named.map((name) => join(folder, name)));
  return [process.env['CHROMIUM'] ?? '', ...candidates].find((path) => path !== '' && existsSync(path));
}

const executablePath = findChromium();
const skip = executablePath === undefined ? 'there is no Chromium in the PATH; CHROMIUM may name one' : false;

describe('the pages in a browser', { skip }, () => {
  let browser: Browser;
  before(async () => {
    browser = await chromium.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox'] });
  });
  after(() => browser.close());

  /** Opens a page of a server; afterwards nothing may have been blocked, thrown, or asked of another server. */
  async function withPage(
    options: Options,
    path: string,
    use: (page: Page, running: Running) => Promise<void>,
    colorScheme: 'light' | 'dark' = 'light',
  ): Promise<void> {
    await withServer(options, async (running) => {
      const context = await browser.newContext({ colorScheme });
      try {
        const page = await context.newPage();
        const wrong: string[] = [];
        page.on('pageerror', (error) => wrong.push(error.message));
        page.on('console', (message) => {
          if (/Content Security Policy/.test(message.text())) wrong.push(message.text());
        });
        page.on('request', (request) => {
          if (!request.url().startsWith(running.url) && !request.url().startsWith('data:')) wrong.push(request.url());
        });
        await page.goto(running.url + path);
        await use(page, running);
        assert.deepEqual(wrong, []);
      } finally {
        await context.close();
      }
    });
  }

  test('the page says what runs here, streams an answer and tells its figures', async () => {
    await withPage({}, '/', async (page, { url, model }) => {
      await page.getByText('ready', { exact: true }).waitFor();
      await page.getByText('generate · gguf · 2048 tokens of context').waitFor();
      assert.ok((await page.locator('#curl').textContent())?.startsWith(`curl -s ${url}/v1/chat/completions `));
      assert.equal(await page.locator('#key-section').isVisible(), false);
      await page.getByLabel('Prompt').fill('Say <b>hello</b>');
      await page.getByLabel('New tokens').fill('5');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText(/5 prompt tokens \(2 known already\) · .* 3 new tokens/).waitFor();
      assert.equal(await page.locator('#answer').textContent(), 'Hello world');
      const [request] = model.requests;
      assert.equal(request?.maxTokens, 5);
      assert.deepEqual(request?.prompt, {
        kind: 'chat',
        messages: [{ role: 'user', content: 'Say <b>hello</b>', name: undefined }],
      });
    });
  });

  test('shows what comes while it comes, as text, and stops the work when told to', async () => {
    const model = new FakeModel(() => [start, say('<i>One'), stall, ...end(1)]);
    await withPage({ model }, '/', async (page) => {
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText('<i>One').waitFor();
      await page.getByRole('button', { name: 'Stop' }).click();
      await until(() => model.running === 0, 'the slot is free');
      await page.locator('#send:enabled').waitFor();
      assert.equal(await page.locator('#answer').textContent(), '<i>One');
    });
  });

  test('asks for a key where the server does, and works with the one that is typed in', async () => {
    await withPage({ settings: { apiKeys: ['one'] } }, '/', async (page) => {
      const key = page.getByLabel('This server wants an API key.');
      await key.fill('two');
      await page.getByRole('button', { name: 'Use it' }).click();
      await page.getByText('The API key is not one of this server; check it.').waitFor();
      assert.ok((await page.locator('#curl').textContent())?.includes('-H "authorization: Bearer $HEARTH_API_KEY"'));
      await key.fill('one');
      await page.getByRole('button', { name: 'Use it' }).click();
      await page.locator('#models').getByText('fake', { exact: true }).waitFor();
      assert.equal(await page.locator('#key-section').isVisible(), false);
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText('Hello world').waitFor();
    });
  });

  test('lets one choose among several models, and shows an error as the server says it', async () => {
    const models = [
      new FakeModel(() => hello, 'first'),
      new FakeModel(() => [start, say('Second'), ...end(1)], 'second'),
    ];
    await withPage({ models }, '/', async (page) => {
      await page.getByLabel('Model').selectOption('second');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText('Second', { exact: true }).waitFor();
      await page.getByLabel('New tokens').fill('99999999999');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.getByText('max_tokens must be an integer up to 2147483647').waitFor();
    });
  });

  test('turns to ready without a reload when the model is loaded', async () => {
    await withPage({ loading: true }, '/', async (page, { server }) => {
      await page.getByText('loading', { exact: true }).waitFor();
      server.ready();
      await page.locator('#models').getByText('fake', { exact: true }).waitFor();
    });
  });

  test('the pages follow the colours that the reader prefers', async () => {
    const colours = new Set<string>();
    for (const scheme of ['light', 'dark'] as const) {
      for (const path of ['/', '/docs']) {
        await withPage(
          {},
          path,
          async (page) => {
            colours.add(path + (await page.evaluate('getComputedStyle(document.documentElement).colorScheme')));
            colours.add(path + (await page.evaluate('getComputedStyle(document.body).backgroundColor')));
            colours.add(path + (await page.evaluate('document.documentElement.className')));
          },
          scheme,
        );
      }
    }
    assert.ok(colours.has('/docsdark-mode'), [...colours].join());
    assert.ok([...colours].filter((one) => one.startsWith('/rgb')).length === 2, [...colours].join());
  });

  test('the reference shows every path, and tries one out without help from elsewhere', async () => {
    await withPage({ settings: { apiKeys: ['one'] } }, '/docs', async (page) => {
      await page.getByText('/v1/chat/completions', { exact: true }).waitFor();
      const document = await page.evaluate<{ paths: Record<string, object> }>(
        "fetch('openapi.json').then((reply) => reply.json())",
      );
      const count = Object.values(document.paths).flatMap((item) => Object.keys(item)).length;
      assert.equal(await page.locator('.opblock').count(), count);
      await page.getByRole('button', { name: 'Authorize' }).click();
      const dialog = page.locator('.auth-container').first();
      await dialog.locator('input').fill('one');
      await dialog.getByRole('button', { name: 'Apply' }).click();
      await page.getByRole('button', { name: 'Close' }).last().click();
      const operation = page.locator('#operations-openai-postV1ChatCompletions');
      await operation.locator('.opblock-summary-control').click();
      await operation.getByRole('button', { name: 'Try it out' }).click();
      await operation.getByRole('button', { name: 'Execute' }).click();
      await operation.locator('.live-responses-table').getByText('Hello world').waitFor();
    });
  });
});
