import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AgentBase } from '../../src/agents/agent-base.ts';
import { DialogAgent } from '../../src/agents/dialog-agent.ts';
import { DictDialogAgent, parseJsonReply } from '../../src/agents/dict-dialog-agent.ts';
import { msghub } from '../../src/agents/msghub.ts';
import { Msg } from '../../src/agents/msg.ts';
import { sequentialPipeline } from '../../src/agents/pipeline.ts';
import { clearModelConfigs, init } from '../../src/wrappers/global.ts';
import type { Message, ModelInput } from '../../src/wrappers/message.ts';
import { ModelResponse } from '../../src/wrappers/model-response.ts';
import { ModelWrapper } from '../../src/wrappers/model-wrapper.ts';
import { wrapperContext } from '../support/wrapper-context.ts';

/** A model that says what it is told to, and keeps what it was asked. */
class Scripted extends ModelWrapper {
  readonly asked: readonly Message[][] = [];
  private readonly says: string[];

  constructor(...says: string[]) {
    super({ config_name: 'scripted', model_type: 'scripted' }, wrapperContext());
    this.says = says;
  }

  protected async request(input: ModelInput | readonly string[]): Promise<ModelResponse> {
    (this.asked as Message[][]).push(structuredClone(input) as Message[]);
    const text = this.says.shift();
    if (text === undefined) throw new Error('the model failed');
    return new ModelResponse({ text });
  }
}

const ann = (content: string): Msg => new Msg({ name: 'Ann', content });

describe('a DialogAgent', () => {
  test('answers with its system prompt and all it remembers', async () => {
    const model = new Scripted('Hi, Ann.', 'Four.');
    const agent = new DialogAgent({ name: 'Bob', sysPrompt: 'Be short.', model });
    const first = await agent.call(ann('Hello'));
    assert.deepEqual([first.name, first.role, first.content], ['Bob', 'assistant', 'Hi, Ann.']);
    await agent.call(ann('2 + 2?'));
    assert.deepEqual(model.asked[1], [
      { role: 'system', content: 'Be short.' },
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi, Ann.' },
      { role: 'user', content: '2 + 2?' },
    ]);
    assert.deepEqual(
      agent.memory.map(({ content }) => content),
      ['Hello', 'Hi, Ann.', '2 + 2?', 'Four.'],
    );
  });

  test('tells its model who says what where several speak', async () => {
    const model = new Scripted('Well.');
    const agent = new DialogAgent({ name: 'Bob', model });
    agent.observe(ann('Hello'), new Msg({ name: 'Cid', role: 'assistant', content: 'Hi' }));
    await agent.call();
    assert.deepEqual(model.asked[0], [{ role: 'user', content: 'Ann: Hello\nCid: Hi' }]);
  });

  test('remembers nothing of a turn that failed', async () => {
    const agent = new DialogAgent({ name: 'Bob', model: new Scripted() });
    await assert.rejects(agent.call(ann('Hello')), /the model failed/);
    assert.deepEqual(agent.memory, []);
  });

  test('picks its model by the name of a config, and needs one', async () => {
    init({ modelConfigs: { config_name: 'here', model_type: 'post_api', api_url: 'http://127.0.0.1:1/' } });
    try {
      assert.equal(new DialogAgent({ name: 'Bob', modelConfigName: 'here' }).model.configName, 'here');
      assert.throws(
        () => new DialogAgent({ name: 'Bob', modelConfigName: 'x' }),
        /Cannot find \[x\] in loaded configu/,
      );
    } finally {
      await clearModelConfigs();
    }
    await assert.rejects(
      new DialogAgent({ name: 'Bob' }).call(),
      /The agent Bob has no model; give it modelConfigName/,
    );
    assert.throws(() => new DialogAgent({ name: '' }), /An agent needs a name/);
  });
});

describe('a DictDialogAgent', () => {
  test('gives the parsed object, and speaks its key speak', async () => {
    const model = new Scripted('no JSON', '```json\n{"speak": "I pass.", "vote": 3}\n```');
    const agent = new DictDialogAgent({ name: 'Bob', model });
    const answer = await agent.call(ann('Vote!'));
    assert.deepEqual(answer.parsed, { speak: 'I pass.', vote: 3 });
    assert.equal(answer.content, 'I pass.');
    assert.equal(model.asked.length, 2);
  });

  test('speaks what could not be read after its tries, or what its handler makes of it', async () => {
    const agent = new DictDialogAgent({ name: 'Bob', model: new Scripted('a', 'b'), maxRetries: 2 });
    assert.deepEqual((await agent.call()).parsed, { speak: 'b' });
    const faultHandler = (): unknown => ({ vote: 0 });
    const other = new DictDialogAgent({ name: 'Bob', model: new Scripted('a'), maxRetries: 1, faultHandler });
    assert.equal((await other.call()).content, '{"vote":0}');
  });

  test('reads plain JSON and fenced JSON, and nothing else', () => {
    assert.deepEqual(parseJsonReply({ text: ' {"a": 1} ' }), { a: 1 });
    assert.deepEqual(parseJsonReply({ text: 'Here:\n```\n{"a": 1}\n```\nDone.' }), { a: 1 });
    assert.throws(() => parseJsonReply({ text: '[1]' }), SyntaxError);
    assert.throws(() => parseJsonReply({ text: undefined }), SyntaxError);
  });
});

describe('several agents', () => {
  /** Says its name and what it was told. */
  class Echo extends AgentBase {
    async reply(message?: Msg): Promise<Msg> {
      return new Msg({ name: this.name, role: 'assistant', content: `${this.name}(${message?.content ?? ''})` });
    }
  }
  const [a, b, c] = ['a', 'b', 'c'].map((name) => new Echo({ name })) as [Echo, Echo, Echo];

  test('in a pipeline answer each to the one before', async () => {
    assert.equal((await sequentialPipeline([a, b, c], ann('x')))?.content, 'c(b(a(x)))');
    assert.equal(await sequentialPipeline([]), undefined);
  });

  test('in a hub hear each other, and what is announced, until it is closed', async () => {
    const heard = (agent: AgentBase): string[] => agent.memory.map(({ content }) => content);
    const hub = msghub([a, b], { announcement: ann('Begin.') });
    try {
      await a.call();
      hub.add(c);
      await b.call();
      hub.remove(a);
      await c.call();
      hub.broadcast(ann('End.'));
    } finally {
      hub.close();
    }
    await a.call();
    assert.deepEqual(heard(a), ['Begin.', 'b()']);
    assert.deepEqual(heard(b), ['Begin.', 'a()', 'c()', 'End.']);
    assert.deepEqual(heard(c), ['b()', 'End.']);
  });
});

test('a message is a plain object as JSON', () => {
  const message = JSON.parse(JSON.stringify(ann('Hi'))) as Record<string, unknown>;
  assert.deepEqual(Object.keys(message).toSorted(), ['content', 'id', 'name', 'role', 'timestamp']);
});
