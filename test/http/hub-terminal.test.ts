import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { HubCache } from '../support/hub-cache.ts';
import { noTmux, Tmux } from '../support/tmux.ts';

const hearth = 'node --import tsx src/cli/main.ts';
const weights = randomBytes(4_000_000);
const tiny = readFileSync(new URL('../fixtures/tiny-random-llama.gguf', import.meta.url));

suite('a download on a real terminal', { skip: noTmux }, () => {
  let hub: HubCache;
  let terminal: Tmux;
  beforeEach(async () => {
    hub = await HubCache.open();
    hub.server.add('owner/model', { 'model.gguf': weights });
    hub.server.pace = { ms: 10, bytes: 40_000 };
    terminal = new Tmux(hub.env);
  });
  afterEach(async () => {
    terminal.close();
    await hub.close();
  });

  test('the bar is one line that changes, and nothing of it stays', async () => {
    terminal.type(`${hearth} pull hf:owner/model; echo "exit $?"`);
    await terminal.until(/^Fetching /m);
    const bars = new Set<string>();
    let screen = terminal.screen();
    for (; !/^exit/m.test(screen); screen = terminal.screen()) {
      const lines = screen.split('\n').filter((line) => line.startsWith('Fetching'));
      assert.ok(lines.length <= 1, screen);
      for (const line of lines) bars.add(line);
      await sleep(10);
    }
    assert.ok(bars.size > 3, [...bars].join('\n'));
    for (const bar of bars) assert.match(bar, /^Fetching [█░]{20} \d+ % of 4 MiB(, \d+ MiB\/s, \d:\d\d left)?$/);
    assert.doesNotMatch(screen, /Fetching/);
    assert.match(screen, /^hf:owner\/model \(4 MiB\): 4 MiB fetched, checked\.\n\/\S+\n(\S+\n)*exit 0\nsh%$/m);
    assert.equal(terminal.cursor().visible, true);
    assert.equal(await terminal.complaint(), undefined);
  });

  test('Ctrl-C takes the bar away and says how to go on', async () => {
    terminal.type(`${hearth} pull hf:owner/model || echo "exit $?"`);
    await terminal.until(/^Fetching █/m);
    terminal.press('C-c');
    const screen = await terminal.until(/Stopped;[^]*sh%$/);
    assert.match(screen, /^hearth: Stopped; the same command goes on from what has been fetched\.\n(exit 1\n)?sh%$/m);
    assert.doesNotMatch(screen, /Fetching/);
    assert.equal(await terminal.complaint(), undefined);
  });

  test('a question is answered by keys, and Ctrl-C and Ctrl-D are answers too', async () => {
    hub.server.pace = undefined;
    hub.server.add('raw/model', { 'model.safetensors': randomBytes(100) });
    hub.server.add('conv/model-GGUF', { 'model.gguf': weights }, { tags: ['gguf', 'base_model:quantized:raw/model'] });
    const ask = async (): Promise<void> => {
      terminal.type(`clear; ${hearth} pull hf:raw/model || echo "exit $?"`);
      await terminal.until(/Take hf:conv\/model-GGUF, which was con\s*verted from it\? \[y\/N\]$/);
    };
    await ask();
    terminal.press('C-c');
    await terminal.until(/\[y\/N\]\nhearth: Stopped; nothing was fetched\.\n(exit 1\n)?sh%$/);
    await ask();
    terminal.press('C-d');
    const refused = await terminal.until(/exit 1\nsh%$/);
    assert.match(
      refused,
      /\[y\/N\]\nhearth: hf:raw\/model holds no GGUF or ONNX model, but these were converted from\s+it: /,
    );
    await ask();
    terminal.type('y');
    await terminal.until(/4 MiB fetched, checked\.[^]*sh%$/);
    assert.equal(await terminal.complaint(), undefined);
  });

  test('hearth chat fetches its model with the same bar before it asks', async () => {
    hub.server.add('owner/tiny', { 'tiny-Q8_0.gguf': tiny });
    hub.server.pace = { ms: 20, bytes: 4096 };
    terminal.type(`${hearth} chat hf:owner/tiny --threads 1 --parallel 1`);
    await terminal.until(/^Fetching █/m);
    assert.doesNotMatch(await terminal.until(/^Talking to tiny-Q8_0; [^]*\n>$/m), /Fetching|Loading/);
    terminal.press('C-d');
    await terminal.until(/^>\nsh%$/m);
    assert.equal(await terminal.complaint(), undefined);
  });
});
