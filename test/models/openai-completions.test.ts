import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { onBothServers } from '../support/openai-server.ts';
import { postJson } from '../support/real-server.ts';

const prompt = 'The capital of France is the city of';
const ask = { model: 'any', prompt, temperature: 0, max_tokens: 12 };

// Beside others or on a reused prefix, rounding may flip a near-tie; these tests compare texts.
onBothServers({ prefixReuse: 'off' }, (server) => {
  async function tokensOf(content: string): Promise<number[]> {
    const { body } = await postJson(`${server.served.url}/tokenize`, { content });
    return (body as { tokens: number[] }).tokens;
  }

  test('log probabilities join to the text, the offsets say where each token stands', async () => {
    const { choices } = await server.client.completions.create({
      ...ask,
      prompt: 'Write naïve café 🙂:',
      max_tokens: 24,
      logprobs: 3,
    });
    const [choice] = choices;
    const {
      tokens = [],
      token_logprobs: values = [],
      top_logprobs: top = [],
      text_offset: offsets = [],
    } = choice?.logprobs ?? {};
    assert.ok(tokens.length > 5);
    const characters = Array.from(choice?.text ?? '');
    for (const [index, token] of tokens.entries()) {
      const from = offsets[index] ?? -1;
      if (!token.startsWith('bytes:'))
        assert.equal(characters.slice(from, from + Array.from(token).length).join(''), token);
      const value = values[index] ?? 1;
      assert.ok(value <= 0);
      const listed = top[index] ?? {};
      assert.equal(listed[token], value);
      // Greedy: nothing is likelier.
      assert.equal(Math.max(...Object.values(listed)), value);
      assert.equal(Object.keys(listed).length, 3);
    }
    if (!tokens.some((token) => token.startsWith('bytes:'))) assert.equal(tokens.join(''), choice?.text);
  });

  test('a stream joins to the reply, its log probabilities too', async () => {
    const wanted = { ...ask, logprobs: 0 };
    const whole = await server.client.completions.create(wanted);
    let text = '';
    const tokens: string[] = [];
    const offsets: number[] = [];
    for await (const { choices } of await server.client.completions.create({ ...wanted, stream: true })) {
      text += choices[0]?.text ?? '';
      tokens.push(...(choices[0]?.logprobs?.tokens ?? []));
      offsets.push(...(choices[0]?.logprobs?.text_offset ?? []));
    }
    const [choice] = whole.choices;
    assert.equal(text, choice?.text);
    assert.deepEqual(tokens, choice?.logprobs?.tokens);
    assert.deepEqual(offsets, choice?.logprobs?.text_offset);
    assert.equal(tokens.join(''), text);
  });

  test('token ids say the same as the text that they are of, also echoed', async () => {
    const ids = await tokensOf(prompt);
    const ofText = await server.client.completions.create({ ...ask, echo: true });
    const ofIds = await server.client.completions.create({ ...ask, prompt: ids, echo: true });
    assert.equal(ofIds.choices[0]?.text, ofText.choices[0]?.text);
    assert.ok(ofText.choices[0]?.text.startsWith(`${prompt} Paris`), ofText.choices[0]?.text);
    assert.deepEqual(ofIds.usage, ofText.usage);
    const nothing = await server.client.completions.create({ ...ask, prompt: ids, echo: true, max_tokens: 0 });
    assert.equal(nothing.choices[0]?.text, prompt);
    assert.equal(nothing.usage?.completion_tokens, 0);
  });

  test('several prompts with n completions each come in their order, with their tokens added up', async () => {
    const prompts = ['One, two, three,', 'A, B, C,'];
    const counts = await Promise.all(prompts.map(async (one) => (await tokensOf(one)).length));
    const { choices, usage } = await server.client.completions.create({ ...ask, prompt: prompts, n: 2, echo: true });
    assert.deepEqual(
      choices.map(({ index, text }) => [index, prompts.findIndex((one) => text.startsWith(one))]),
      [
        [0, 0],
        [1, 0],
        [2, 1],
        [3, 1],
      ],
    );
    assert.equal(usage?.prompt_tokens, (counts[0] ?? 0) + (counts[1] ?? 0));
    assert.equal(usage.completion_tokens, 48);
  });

  test('logit_bias bans a token, forces one, and leaves its raw log probability as it is', async () => {
    const [paris = -1] = await tokensOf(' Paris');
    const [lyon = -1] = await tokensOf(' London');
    const one = { ...ask, max_tokens: 1, logprobs: 1 };
    const free = await server.client.completions.create(one);
    assert.equal(free.choices[0]?.text, ' Paris');
    const banned = await server.client.completions.create({ ...one, logit_bias: { [paris]: -100 } });
    assert.notEqual(banned.choices[0]?.text, ' Paris');
    assert.equal(Object.keys(banned.choices[0]?.logprobs?.top_logprobs?.[0] ?? {})[0], ' Paris');
    const forced = await server.client.completions.create({ ...one, logit_bias: { [lyon]: 100 }, temperature: 1 });
    assert.equal(forced.choices[0]?.text, ' London');
    assert.ok((forced.choices[0].logprobs?.token_logprobs?.[0] ?? 0) < -1);
    const messages = [{ role: 'user' as const, content: 'Say anything.' }];
    const chat = { model: 'any', messages, max_tokens: 4, logit_bias: { [lyon]: 100 }, temperature: 0 };
    const said = await server.client.chat.completions.create(chat);
    assert.equal(said.choices[0]?.message.content, ' London London London London');
  });

  test('a ban on top of min_tokens and penalties holds to the end', async () => {
    const [comma = -1] = await tokensOf(',');
    const extension = { min_tokens: 5 };
    const { choices } = await server.client.completions.create({
      ...ask,
      ...extension,
      prompt: 'One, two, three,',
      max_tokens: 30,
      logit_bias: { [comma]: -100 },
      frequency_penalty: 0.5,
    });
    assert.ok((choices[0]?.text.length ?? 0) > 10);
    assert.ok(choices[0]?.logprobs === null && !/[a-z],/.test(choices[0].text), choices[0]?.text);
  });

  test('16 stop strings are taken, and end the text before them', async () => {
    const stop = [...Array.from({ length: 15 }, (_, index) => `never${index}`), ' Paris'];
    const { choices } = await server.client.completions.create({ ...ask, stop });
    assert.deepEqual([choices[0]?.text, choices[0]?.finish_reason], ['', 'stop']);
  });

  test('a suffix is refused by a model without fill-in-the-middle', async () => {
    await assert.rejects(server.client.completions.create({ ...ask, suffix: 'end' }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.param, 'suffix');
      return true;
    });
  });
});
