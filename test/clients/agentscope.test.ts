import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { packageRoot } from '../../src/config/model-path.ts';
import { onBothEngines } from '../support/engines.ts';
import { runScript } from '../support/python-script.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { pythonVenv } from '../support/python-venv.ts';

const releases = ['0.0.4', '0.1.1'];
const contextSize = 1024;
/** `max_new_tokens` and `max_tokens` in models/model_configs.json. */
const shippedLimit = 256;
const question = 'What is the capital of France?';
/** The question in the model's own template, as the tutorial has users of the STRING format send it. */
const templated = `<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`;
const system = 'Answer in one short sentence.';
const text = z.string().regex(/\S/);
const count = z.number().int().positive();
const usage = z.looseObject({ prompt_tokens: count, completion_tokens: count, total_tokens: count });
const choices = z.tuple([z.looseObject({ message: z.looseObject({ content: text }), finish_reason: z.string() })]);
const postApiReply = z.looseObject({
  response: text,
  n_token_prompt: count,
  n_token_response: count,
  timestamp: z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
  data: usage.extend({ response: z.looseObject({ choices, usage }) }),
});
const openaiAnswer = z.object({
  text,
  raw: z.looseObject({ choices, usage }),
  monitored: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }),
});
const agentReply = z.object({ name: z.literal('Alice'), role: z.literal('assistant'), content: text });

/** The tutorial's configs, and one of them with a misspelt argument. */
async function withMisspelt(tutorial: string): Promise<object[]> {
  const configs = z
    .array(z.looseObject({}))
    .min(1)
    .parse(JSON.parse(await readFile(tutorial, 'utf8')));
  return [...configs, { ...configs[0], config_name: 'misspelt', json_args: { max_length: 4096, temperatura: 0.5 } }];
}

/** Holds the parts of a post_api reply against each other, and the counts against their limits. */
function checkReply(raw: unknown, newTokens: number): void {
  const reply = postApiReply.parse(raw);
  const { data } = reply;
  assert.equal(data.response.choices[0].message.content, reply.response);
  assert.equal(data.prompt_tokens, reply.n_token_prompt);
  assert.equal(data.completion_tokens, reply.n_token_response);
  checkUsage(data, newTokens);
  checkUsage(data.response.usage, newTokens);
  assert.equal(data.response.usage.total_tokens, data.total_tokens);
}

function checkUsage(counted: z.infer<typeof usage>, newTokens: number): void {
  assert.equal(counted.total_tokens, counted.prompt_tokens + counted.completion_tokens);
  assert.ok(counted.completion_tokens <= newTokens, `${counted.completion_tokens} new tokens`);
  assert.ok(counted.total_tokens <= contextSize, `${counted.total_tokens} tokens in all`);
}

onBothEngines((model) => {
  let directory: string;
  let server: ServerProcess;
  let shipped: string;
  let tutorial: string;

  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'hearth-agentscope-'));
    const args = ['--model', model.path, '--context-size', String(contextSize), '--log-format', 'json'];
    server = await startServer([...args, '--seed', '7']);
    shipped = await pointedAtServer('models/model_configs.json');
    tutorial = await pointedAtServer('test/clients/tutorial-configs.json');
  });

  after(async () => {
    await rm(directory, { recursive: true, force: true });
    assert.equal(await server.stop(), 0);
  });

  /** A copy of a file of configs with the documented address replaced by the running server's. */
  async function pointedAtServer(file: string): Promise<string> {
    const json = await readFile(path.join(packageRoot, file), 'utf8');
    const copy = path.join(directory, path.basename(file));
    await writeFile(copy, json.replaceAll('http://127.0.0.1:8000', server.url));
    return copy;
  }

  for (const release of releases) {
    test(`AgentScope ${release} talks to the server through all its wrappers for text`, async (t) => {
      const venv = await pythonVenv(`agentscope-${release}`);
      if ('missing' in venv) {
        t.skip(venv.missing);
        return;
      }
      const cwd = path.join(directory, release);
      await mkdir(cwd);
      const questions = [question, 'And of Italy?'];
      const [ofShipped, ofTutorial] = await Promise.all([
        runScript(
          venv.python,
          'shipped.py',
          { model_configs: shipped, prompt: 'The capital of France is', system, questions },
          cwd,
        ),
        runScript(venv.python, 'tutorial.py', { model_configs: await withMisspelt(tutorial), prompt: templated }, cwd),
      ]);

      await t.test('post_api gives the text of a string prompt, counted within max_new_tokens', () => {
        checkReply(ofShipped('post_api'), shippedLimit);
      });

      await t.test("the tutorial's two configs work with a max_length over the server's context", () => {
        checkReply(ofTutorial('transformers'), contextSize);
        checkReply(ofTutorial('modelscope'), contextSize);
      });

      await t.test('post_api_chat gives the text for messages that AgentScope formats', () => {
        text.parse(ofShipped('chat formatted'));
      });

      await t.test('post_api_chat gives the text for messages with names', () => {
        text.parse(ofShipped('chat with names'));
      });

      await t.test("openai gives the text and a usage that AgentScope's monitor adds up", () => {
        const answer = openaiAnswer.parse(ofShipped('openai'));
        assert.equal(answer.raw.choices[0].message.content, answer.text);
        checkUsage(answer.raw.usage, shippedLimit);
        const { prompt_tokens, completion_tokens } = answer.raw.usage;
        assert.deepEqual(answer.monitored, { prompt_tokens, completion_tokens });
      });

      for (const config of ['hearth-chat', 'hearth-openai']) {
        await t.test(`a DialogAgent goes on from its own reply through ${config}`, () => {
          z.tuple([agentReply, agentReply]).parse(ofShipped(`agent ${config}`));
        });
      }

      await t.test('a misspelt argument ends in an error that names it, after three tries', () => {
        const seen = z.object({ error: z.string(), seconds: z.number() }).parse(ofTutorial('misspelt'));
        assert.match(seen.error, /^Failed to call the model with \{'error': .*temperatura.*temperature/s);
        assert.ok(seen.seconds >= 2.9, `the wrapper waits 1 s and 2 s between its tries: ${seen.seconds} s`);
      });
    });
  }
});
