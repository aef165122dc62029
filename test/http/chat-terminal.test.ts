import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { end, hello, say, stall, start, type Step } from '../support/fake-model.ts';
import { until, withServer } from '../support/server.ts';
import { noTmux, Tmux } from '../support/tmux.ts';

const hearth = 'node --import tsx src/cli/main.ts';

/** What stands on the screen below the line of the command. */
function talk(screen: string): string {
  return screen.replace(/^[^]*\/help lists the commands\.\n/, '');
}

suite('hearth chat on a real terminal', { skip: noTmux }, () => {
  let terminal: Tmux;
  beforeEach(() => {
    terminal = new Tmux({ HOME: '/nowhere' });
  });
  afterEach(() => terminal.close());

  async function open(url: string): Promise<void> {
    terminal.type(`${hearth} chat ${url}/v1; echo "exit $?"`);
    await terminal.until(/^>$/m);
  }

  async function assertLeft(): Promise<void> {
    await terminal.until(/^exit 0$/m);
    assert.equal(await terminal.complaint(), undefined);
  }

  test('an answer follows its question, Ctrl-C stops one and not the program, and Ctrl-D leaves', async () => {
    await withServer({}, async ({ url, model }) => {
      await open(url);
      terminal.type('Hi!');
      assert.equal(talk(await terminal.until(/world\n>$/)), '> Hi!\nHello world\n>');
      model.script = () => [start, say('Well'), stall];
      terminal.type('And?');
      await terminal.until(/^Well$/m);
      terminal.press('C-c');
      const stopped = talk(await terminal.until(/stopped\)\n>$/));
      assert.equal(stopped, '> Hi!\nHello world\n> And?\nWell (stopped)\n>');
      await until(() => model.running === 0, 'the model was stopped');
      model.script = () => hello;
      terminal.type('Once more');
      await terminal.until(/> Once more\nHello world\n>$/);
      terminal.press('C-d');
      assert.match(talk(await terminal.until(/^exit 0$/m)), /> Once more\nHello world\n>\nexit 0\n/);
      await assertLeft();
    });
  });

  test('Ctrl-C at the prompt drops what was typed, tells how to leave, and leaves the second time', async () => {
    await withServer({}, async ({ url, model }) => {
      await open(url);
      terminal.type('a first line\\');
      terminal.press('C-c');
      await terminal.until(/\^C\n>$/);
      for (const key of 'half') terminal.press(key);
      await terminal.until(/^> half$/m);
      terminal.press('Left');
      terminal.press('C-c');
      assert.equal(talk(await terminal.until(/half\^C\n>$/)), '> a first line\\\n^C\n> half^C\n>');
      terminal.type('whole');
      await terminal.until(/> whole\nHello world\n>$/);
      const { prompt } = model.requests[0] ?? {};
      assert.deepEqual(prompt?.kind === 'chat' && prompt.messages.map(({ content }) => content), ['whole']);
      assert.equal(model.requests.length, 1);
      terminal.press('C-c');
      await terminal.until(/^\(Ctrl-C again, Ctrl-D or \/exit leaves\)\n>$/m);
      terminal.press('C-c');
      await assertLeft();
    });
  });

  test('what is typed while an answer comes neither mixes with it nor erases it, and is asked next', async () => {
    await withServer({}, async ({ url, model }) => {
      const gate: { open?: () => void } = {};
      const opened = new Promise<void>((resolve) => (gate.open = resolve));
      const slow: readonly Step[] = [start, say('Well'), { type: 'wait', until: opened }, say(', yes'), ...end(2)];
      await open(url);
      model.script = () => slow;
      terminal.type('First?');
      await terminal.until(/^Well$/m);
      terminal.type('Second?');
      for (const key of ['n', 'o', 't', 'x', 'BSpace']) terminal.press(key);
      await until(() => model.requests.length === 1, 'one question');
      assert.equal(talk(terminal.screen()), '> First?\nWell');
      model.script = () => hello;
      gate.open?.();
      const screen = await terminal.until(/> not$/);
      assert.equal(talk(screen), '> First?\nWell, yes\n> Second?\nHello world\n> not');
      terminal.type('hing');
      await terminal.until(/> nothing\nHello world\n>$/);
      terminal.type('/exit');
      assert.match(talk(await terminal.until(/^exit 0$/m)), /> \/exit\nexit 0\n/);
      await assertLeft();
    });
  });

  test('Ctrl-C while a model loads gives back a terminal that wraps its lines', async () => {
    terminal.type(`${hearth} chat --threads 1`);
    await terminal.until(/^Loading /m);
    terminal.press('C-c');
    await terminal.until(/\^C\nsh%$/);
    assert.equal(await terminal.complaint(), undefined);
  });
});
