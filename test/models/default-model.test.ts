import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Served } from '../../src/compose.ts';
import { onBothEngines } from '../support/engines.ts';
import { postJson, postLlm, serveReal, type LlmReply } from '../support/real-server.ts';

interface ChatReply {
  choices: { message: { content: string }; finish_reason: string }[];
  usage: {
    prompt_tokens: number;
    completion_tokens: number;
    prompt_tokens_details: { cached_tokens: number };
  };
}

onBothEngines(({ path, id }) => {
  let served: Served;
  before(async () => {
    served = await serveReal({ model: [path] });
  });
  after(() => served.close());

  const llm = (body: object) => postLlm(served.url, body);

  const chat = async (body: object): Promise<ChatReply> => {
    const reply = await postJson(`${served.url}/v1/chat/completions`, { model: 'any', ...body });
    assert.equal(reply.status, 200);
    return reply.body as ChatReply;
  };

  test('answers a string on /llm/ with both replies in one', async () => {
    const { status, body } = await llm({
      inputs: 'The capital of France is the city of',
      max_new_tokens: 8,
      temperature: 0,
    });
    assert.equal(status, 200);
    assert.match(body.response, /Paris/);
    assert.equal(body.data.response.choices[0]?.message.content, body.response);
    assert.deepEqual([body.n_token_prompt, body.n_token_response], [8, 8]);
    assert.equal(body.data.response.model, id);
  });

  test("the tutorial's Flask configs work: max_length 4096 on a context of 2048, temperature 0.5", async () => {
    const { status, body } = await llm({
      inputs: 'One, two, three,',
      max_length: 4096,
      temperature: 0.5,
      stop: 'seven',
    });
    assert.equal(status, 200);
    assert.ok(body.response.length > 0);
  });

  test('eight clients at once each get their own text', async () => {
    const words = ['apple', 'river', 'candle', 'monkey', 'silver', 'garden', 'rocket', 'winter'];
    const replies = await Promise.all(
      words.map((word) =>
        llm({
          inputs: `The password is ${word}. I repeat: the password is ${word}. Once more: the password is`,
          max_new_tokens: 5,
          temperature: 0,
        }),
      ),
    );
    for (const [index, { body }] of replies.entries()) {
      const found = words.filter((word) => body.response.includes(word));
      assert.deepEqual(found, [words[index]], body.response);
    }
  });

  test('without a seed every request gets a text of its own, also when they come together', async () => {
    const ask = () => llm({ inputs: 'Once upon a time', temperature: 1.2, max_new_tokens: 24 });
    const replies = await Promise.all([ask(), ask(), ask(), ask()]);
    assert.equal(new Set(replies.map(({ body }) => body.response)).size, 4);
  });

  test('several completions of one prompt come in one reply', async () => {
    const { body } = await llm({
      inputs: 'My dog',
      num_return_sequences: 3,
      temperature: 1,
      min_new_tokens: 10,
      max_new_tokens: 10,
    });
    const texts = body.data.response.choices.map(({ message }) => message.content);
    assert.equal(new Set(texts).size, 3);
    assert.equal(body.response, texts[0]);
    assert.equal(body.n_token_response, 30);
  });

  test('a stop string ends the text before it', async () => {
    const { body } = await llm({
      inputs: 'a b c d a b c d a b c d a b',
      stop: [' d'],
      max_new_tokens: 30,
      temperature: 0,
    });
    assert.ok(!body.response.includes(' d'), body.response);
    assert.equal(body.data.response.choices[0]?.finish_reason, 'stop');
  });

  test('a continued conversation is not read again', async () => {
    const messages = [{ role: 'user', content: `Remember this: ${'the blue house stands by the sea. '.repeat(8)}` }];
    const first = await chat({ messages, max_tokens: 12, temperature: 0 });
    const content = first.choices[0]?.message.content ?? '';
    const next = [...messages, { role: 'assistant', content }, { role: 'user', content: 'Where is it?' }];
    const second = await chat({ messages: next, max_tokens: 4, temperature: 0 });
    const read = second.usage.prompt_tokens - second.usage.prompt_tokens_details.cached_tokens;
    assert.ok(
      second.usage.prompt_tokens_details.cached_tokens >= first.usage.prompt_tokens,
      JSON.stringify(second.usage),
    );
    assert.ok(read < 40, `${read} tokens read again`);
  });

  test('special tokens in a message stay text: they cost several tokens and end nothing', async () => {
    const plain = await chat({ messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1 });
    const tricky = await chat({ messages: [{ role: 'user', content: 'Hi<|im_end|>' }], max_tokens: 1 });
    assert.ok(tricky.usage.prompt_tokens - plain.usage.prompt_tokens >= 4, JSON.stringify(tricky.usage));
  });

  test('ignore_eos and min_tokens keep the answer going', async () => {
    const messages = [{ role: 'user', content: 'Say yes.' }];
    const ignoring = await chat({ messages, max_tokens: 90, ignore_eos: true, temperature: 0 });
    assert.deepEqual([ignoring.usage.completion_tokens, ignoring.choices[0]?.finish_reason], [90, 'length']);
    const atLeast = await chat({ messages, max_tokens: 90, min_tokens: 50, temperature: 0 });
    assert.ok(atLeast.usage.completion_tokens >= 50);
  });

  test('a prompt over the context is refused with both numbers, in either dialect', async () => {
    const words = 'many words '.repeat(1500);
    const raw = await llm({ inputs: words });
    assert.equal(raw.status, 400);
    assert.match(raw.body.error.message, /at least \d{4} tokens.* 2048 /);
    const reply = await postJson(`${served.url}/v1/chat/completions`, {
      messages: [{ role: 'user', content: words }],
    });
    assert.equal(reply.status, 400);
    assert.match((reply.body as LlmReply).error.message, /2048/);
  });

  test('limits that cannot fit are refused with the numbers', async () => {
    const explicit = await llm({ inputs: 'Hello', max_new_tokens: 5000 });
    assert.equal(explicit.status, 400);
    assert.match(explicit.body.error.message, /max_new_tokens 5000 .*2048.* at most 204\d/);
    const ceiling = await llm({ inputs: 'one two three four five six', max_length: 3 });
    assert.equal(ceiling.status, 400);
    assert.match(ceiling.body.error.message, /6 tokens.*max_length 3/);
  });

  test('requests cut off at random moments leave all slots free', async () => {
    await Promise.all(
      Array.from({ length: 8 }, async (_, client) => {
        for (let turn = 0; turn < 4; turn += 1) {
          const signal = AbortSignal.timeout(20 + Math.floor(Math.random() * 300));
          const body = { inputs: `${client} ${turn} ${'word '.repeat(100)}`, max_new_tokens: 200, min_new_tokens: 200 };
          await assert.rejects(postJson(`${served.url}/llm/`, body, signal));
        }
      }),
    );
    const replies = await Promise.all(
      Array.from({ length: served.models[0]?.slots ?? 0 }, () => llm({ inputs: 'Hello', max_new_tokens: 2 })),
    );
    assert.ok(replies.every(({ status }) => status === 200));
  });
});
