import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import { run } from '../../src/cli/run.ts';
import { end, hello, say, stall, start, type Step } from '../support/fake-model.ts';
import { screen, type Screen } from '../support/screen.ts';
import { until, withServer, type Running } from '../support/server.ts';

interface Talk {
  type(text: string): void;
  endInput(): void;
  stdout: Screen;
  stderr: Screen;
  code: Promise<number>;
}

/** Runs `hearth chat` on streams of the test; as a terminal unless it is a pipe. */
function chat(args: readonly string[], isTTY: boolean, typed?: string): Talk {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => stdin }) as unknown as NodeJS.ReadStream;
  const [stdout, stderr] = [screen(isTTY), screen()];
  const input = stdin as unknown as PassThrough;
  if (typed !== undefined) input.end(typed);
  const code = run(['chat', ...args], { env: { TERM: 'dumb' }, stdin, stdout, stderr });
  return { type: (text) => void input.write(text), endInput: () => void input.end(), stdout, stderr, code };
}

/** What a request's messages said. */
function asked({ model }: Running, index: number): string[] {
  const prompt = model.requests[index]?.prompt;
  assert.ok(prompt?.kind === 'chat');
  return prompt.messages.map(({ role, content }) => `${role}: ${content}`);
}

describe('in a pipe', () => {
  test('--once asks all of it as one message, and prints the answer alone', async () => {
    await withServer({}, async (server) => {
      const flags = ['--once', '--system', 'Be short.', '--max-tokens', '7', '--temperature', '0'];
      const { code, stdout, stderr } = chat([`${server.url}/v1`, ...flags], false, 'Two\nlines?\n');
      assert.equal(await code, 0);
      assert.equal(stdout.text(), 'Hello world\n');
      assert.equal(stderr.text(), '');
      assert.deepEqual(asked(server, 0), ['system: Be short.', 'user: Two\nlines?']);
      assert.equal(server.model.requests[0]?.maxTokens, 7);
      assert.equal(server.model.requests[0]?.sampling.temperature, 0);
    });
  });

  test('asks /llm/ too, each line after the other, with what was said before', async () => {
    await withServer({}, async (server) => {
      const { code, stdout } = chat([`${server.url}/llm/`, '--max-tokens', '5'], false, 'One?\n\nTwo?\n');
      assert.equal(await code, 0);
      assert.equal(stdout.text(), 'Hello world\nHello world\n');
      assert.deepEqual(asked(server, 1), ['user: One?', 'assistant: Hello world', 'user: Two?']);
      assert.equal(server.model.requests[0]?.maxTokens, 5);
    });
  });

  test('a failure is told in a sentence and ends with 1, an empty message with 2', async () => {
    const fail: Step = { type: 'fail', error: new Error('boom') };
    await withServer({ settings: { apiKeys: ['secret'] } }, async ({ url }) => {
      const { code, stderr } = chat([`${url}/v1`, '--once'], false, 'Hi');
      assert.equal(await code, 1);
      assert.match(stderr.text(), /^hearth: http.*answered 401: .*check the key/);
    });
    await withServer({}, async ({ url, model }) => {
      model.script = () => [start, say('Hel'), fail];
      const { code, stdout } = chat([`${url}/llm/`, '--once'], false, 'Hi');
      assert.equal(await code, 1);
      assert.equal(stdout.text(), 'Hel');
      const empty = chat([`${url}/llm/`, '--once'], false, '');
      assert.equal(await empty.code, 2);
      assert.match(empty.stderr.text(), /There is nothing to ask; type a message, or pipe one in\./);
    });
  });
});

describe('in a terminal', () => {
  test('an answer is streamed, Ctrl-C stops it and not the program, and /retry asks again', async () => {
    await withServer({}, async (server) => {
      server.model.script = () => [start, say('Well'), stall];
      const talk = chat([`${server.url}/v1`], true);
      await until(() => talk.stdout.text().includes('> '), 'the prompt');
      talk.type('Hi!\r');
      await until(() => talk.stdout.text().includes('Well'), 'the answer began');
      talk.type('\u0003');
      await until(() => talk.stdout.text().includes('(stopped)'), 'it was stopped');
      await until(() => server.model.running === 0, 'the model was stopped');
      server.model.script = () => hello;
      talk.type('/retry\r');
      await until(() => talk.stdout.text().includes('Hello world'), 'the second answer');
      assert.deepEqual(asked(server, 1), ['user: Hi!']);
      talk.type('\u0003');
      await until(() => talk.stdout.text().includes('/exit leaves'), 'the hint');
      talk.type('\u0004');
      assert.equal(await talk.code, 0);
    });
  });

  test('commands forget and set the system prompt, a failure ends no conversation, a backslash goes on', async () => {
    await withServer({}, async (server) => {
      const talk = chat([`${server.url}/v1`], true);
      const answers = (count: number): Promise<void> =>
        until(() => server.model.requests.length === count && server.model.running === 0, `answer ${count}`);
      talk.type('One?\r');
      await answers(1);
      talk.type('/system Be kind.\r');
      talk.type('Two\\\rlines\r');
      await answers(2);
      assert.deepEqual(asked(server, 1), ['system: Be kind.', 'user: Two\nlines']);
      server.model.script = () => [{ type: 'fail', error: new Error('boom') }];
      talk.type('Three\r');
      await until(() => talk.stderr.text().includes('answered 500'), 'the failure was told');
      server.model.script = () => [start, say('\u001b[31mred\u0007'), ...end(1)];
      talk.type('/clear\r');
      talk.type('Four\r');
      await until(() => talk.stdout.text().includes('[31mred'), 'the last answer');
      const last = server.model.requests.length - 1;
      assert.deepEqual(asked(server, last), ['system: Be kind.', 'user: Four']);
      for (const code of ['\u001b[31m', '\u0007']) assert.ok(!talk.stdout.text().includes(code));
      talk.type('/help\r');
      await until(() => talk.stdout.text().includes('/retry  '), 'the help');
      talk.type('/exit\r');
      assert.equal(await talk.code, 0);
    });
  });
});

test('what does not go together is refused', async () => {
  const refused: [string[], RegExp][] = [
    [['http://a/v2'], /http:\/\/a\/v2 must end in \/v1 or \/llm\/; did you mean/],
    [
      ['http://a/v1', '--device', 'cpu'],
      /--device is for a model in this process; leave out it or the URL http:\/\/a\/v1/,
    ],
    [['--api-key', 'x'], /--api-key is for a server; give its URL/],
    [['x.gguf', '--model', 'y.gguf'], /--model names whom to talk to, and so does x\.gguf/],
    [['http://a/llm/', '--served-model', 'x'], /--served-model is for \/v1/],
  ];
  for (const [args, message] of refused) {
    const { code, stderr } = chat(args, false, 'Hi');
    assert.equal(await code, 2, args.join(' '));
    assert.match(stderr.text(), message);
  }
});
