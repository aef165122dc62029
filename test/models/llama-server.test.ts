import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Served } from '../../src/compose.ts';
import { onBothEngines } from '../support/engines.ts';
import { postJson, serveReal } from '../support/real-server.ts';

interface Completion {
  content: string;
  tokens: number[];
  tokens_predicted: number;
  tokens_evaluated: number;
  tokens_cached: number;
  stop_type: string;
  stopping_word: string;
  timings: { cache_n: number; prompt_n: number; prompt_ms: number; predicted_n: number; predicted_ms: number };
  completion_probabilities: { id: number; token: string; logprob: number; top_logprobs: { id: number }[] }[];
}

onBothEngines((model) => {
  let served: Served;
  before(async () => {
    served = await serveReal({ model: [model.path] });
  });
  after(() => served.close());

  async function post<Body>(path: string, body: object): Promise<Body> {
    const reply = await postJson(served.url + path, body);
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
    return reply.body as Body;
  }

  const complete = (body: object): Promise<Completion> =>
    post('/completion', { temperature: 0, n_predict: 8, ...body });
  const tokensOf = async (content: string, more: object = {}): Promise<number[]> =>
    (await post<{ tokens: number[] }>('/tokenize', { content, ...more })).tokens;

  test('text, token ids and both mixed are the same prompt', async () => {
    const ids = await tokensOf('The capital of France is the city of');
    const plain = { cache_prompt: false };
    const ofText = await complete({ prompt: 'The capital of France is the city of', ...plain });
    assert.ok(ofText.content.startsWith(' Paris'), ofText.content);
    assert.equal((await complete({ prompt: ids, ...plain })).content, ofText.content);
    const mixed = await complete({ prompt: [...ids.slice(0, 2), ' of France', ...ids.slice(4)], ...plain });
    assert.equal(mixed.content, ofText.content);
    assert.equal(mixed.tokens_evaluated, ids.length);
  });

  test('cache_prompt false reads all of the prompt, every time', async () => {
    const prompt = Array.from({ length: 40 }, (_, line) => `Heron ${line} stood by the mill.`).join(' ');
    const first = await complete({ prompt, n_predict: 1 });
    const again = await complete({ prompt, n_predict: 1 });
    assert.equal(again.tokens_cached, first.tokens_evaluated - 1);
    assert.equal(again.timings.prompt_n, 1);
    const anew = await complete({ prompt, n_predict: 1, cache_prompt: false });
    assert.deepEqual([anew.tokens_cached, anew.timings.cache_n], [0, 0]);
    assert.equal(anew.timings.prompt_n, first.tokens_evaluated);
    assert.ok(
      anew.timings.prompt_ms > 2 * again.timings.prompt_ms,
      `${anew.timings.prompt_ms} ${again.timings.prompt_ms}`,
    );
    assert.equal(anew.content, first.content);
  });

  test('n_predict 0 only reads the prompt, so that the next one finds it', async () => {
    const prompt = Array.from({ length: 20 }, (_, line) => `Stork ${line} flew to the roof.`).join(' ');
    const warmed = await complete({ prompt, n_predict: 0 });
    assert.deepEqual([warmed.content, warmed.tokens_predicted, warmed.stop_type], ['', 0, 'limit']);
    assert.equal((await complete({ prompt, n_predict: 1 })).tokens_cached, warmed.tokens_evaluated - 1);
  });

  test('tells the ids of all tokens, which say the content again, with their probabilities', async () => {
    const reply = await complete({ prompt: 'Once upon a time', n_predict: 20, return_tokens: true, n_probs: 3 });
    const { content } = await post<{ content: string }>('/detokenize', { tokens: reply.tokens });
    assert.equal(content, reply.content);
    const told = reply.completion_probabilities;
    assert.deepEqual(
      told.map(({ id }) => id),
      reply.tokens,
    );
    for (const { id, logprob, top_logprobs: top } of told) {
      assert.ok(logprob <= 0);
      assert.equal(top.length, 3);
      assert.equal(top[0]?.id, id);
    }
    assert.equal(reply.timings.predicted_n, 20);
  });

  test('stops by a word, by the end of the sequence, and at the limit', async () => {
    const word = await complete({ prompt: 'The capital of France is the city of', stop: ['Par'] });
    assert.deepEqual([word.content, word.stop_type, word.stopping_word], [' ', 'word', 'Par']);
    const messages = [{ role: 'user', content: 'Hello!' }];
    const { prompt } = await post<{ prompt: string }>('/apply-template', { messages });
    const eos = await complete({ prompt, n_predict: -1, return_tokens: true });
    assert.equal(eos.stop_type, 'eos');
    assert.equal(eos.tokens.length, eos.tokens_predicted);
    const limit = await complete({ prompt, n_predict: eos.tokens_predicted + 4, ignore_eos: true });
    assert.deepEqual([limit.stop_type, limit.tokens_predicted], ['limit', eos.tokens_predicted + 4]);
  });

  test('a template applied and completed is the chat', async () => {
    const messages = [{ role: 'user', content: 'Name a colour.' }];
    const { prompt } = await post<{ prompt: string }>('/apply-template', { messages });
    const direct = await complete({ prompt, n_predict: 10, cache_prompt: false });
    const body = { messages, max_tokens: 10, temperature: 0, cache_prompt: false };
    const chat = await post<{ choices: { message: { content: string } }[]; usage: { prompt_tokens: number } }>(
      '/v1/chat/completions',
      body,
    );
    assert.equal(chat.choices[0]?.message.content, direct.content);
    const { input_tokens: counted } = await post<{ input_tokens: number }>('/v1/chat/completions/input_tokens', body);
    assert.equal(counted, chat.usage.prompt_tokens);
    assert.equal(counted, direct.tokens_evaluated);
  });

  test('logit_bias takes pairs, texts and false', async () => {
    const prompt = 'The capital of France is the city of';
    for (const bias of [[[' Paris', false]], { ' Paris': -100 }, [[(await tokensOf(' Paris'))[0], -50]]]) {
      const { content } = await complete({ prompt, logit_bias: bias, n_predict: 1 });
      assert.notEqual(content, ' Paris', JSON.stringify(bias));
    }
  });

  test('tokenizes with special tokens or without, in pieces of text or bytes, and back', async () => {
    const content = 'Hello <|im_start|> wörld 日本🙂';
    assert.deepEqual(await tokensOf(content), await tokensOf(content, { parse_special: true }));
    assert.ok((await tokensOf(content)).includes(1));
    assert.ok(!(await tokensOf(content, { parse_special: false })).includes(1));
    for (const more of [{}, { parse_special: false }]) {
      const { tokens } = await post<{ tokens: { id: number; piece: string | number[] }[] }>('/tokenize', {
        content,
        with_pieces: true,
        ...more,
      });
      assert.equal(Buffer.concat(tokens.map(({ piece }) => Buffer.from(piece as string))).toString(), content);
      assert.ok(tokens.some(({ piece }) => Array.isArray(piece)));
      const back = await post<{ content: string }>('/detokenize', { tokens: tokens.map(({ id }) => id) });
      assert.equal(back.content, content);
    }
  });

  test('/slots shows the slots, /props the template', async () => {
    const slots = (await (await fetch(`${served.url}/slots`)).json()) as { is_processing: boolean }[];
    assert.equal(slots.length, served.models[0]?.slots);
    assert.ok(slots.every((slot) => !slot.is_processing));
    const props = (await (await fetch(`${served.url}/props`)).json()) as { chat_template: string; eos_token: string };
    assert.match(props.chat_template, /im_start/);
    assert.equal(props.eos_token, '<|im_end|>');
  });
});
