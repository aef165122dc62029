import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import { collect } from '../../src/contract/collect.ts';
import type { GenerateEvent, GenerateRequest } from '../../src/contract/generate.ts';
import { expectedTokens, FakeStepper } from '../support/fake-stepper.ts';
import { letterModel, letterTokenizer } from '../support/letter-model.ts';
import { roomy } from '../support/token-requests.ts';

const never = new AbortController().signal;
const codes = (text: string): number[] => Array.from(text, (one) => one.charCodeAt(0));
/** What the fake engine writes after a prompt. */
const written = (prompt: readonly number[], count: number): string =>
  expectedTokens(prompt, count, new Set())
    .map((id) => String.fromCharCode(...letterTokenizer.bytes(id)))
    .join('');

function request(fields: Partial<GenerateRequest>): GenerateRequest {
  return {
    prompt: { kind: 'text', text: 'abc' },
    n: 1,
    maxTokens: 3,
    silentTemperature: 0,
    minTokens: 0,
    ignoreEos: false,
    sampling: {},
    stop: [],
    names: { maxTokens: 'max', maxTotalTokens: 'total', minTokens: 'min', n: 'n', prompt: 'prompt', logitBias: 'bias' },
    ...fields,
  };
}

interface World {
  stepper: FakeStepper;
  events(fields: Partial<GenerateRequest>): AsyncIterable<GenerateEvent>;
  ask(fields: Partial<GenerateRequest>): ReturnType<typeof collect>;
  refusal(fields: Partial<GenerateRequest>): Promise<InferenceError>;
}

function world(special?: Parameters<typeof letterModel>[2]): World {
  const stepper = new FakeStepper({ slots: 4 });
  const model = letterModel(stepper, 'letterTokenizer', special);
  const events: World['events'] = (fields) => model.generate?.(request(fields), never) ?? assert.fail();
  const ask: World['ask'] = (fields) => collect(events(fields));
  const refusal: World['refusal'] = async (fields) => {
    const outcome = await ask(fields).catch((error: unknown) => error);
    return outcome instanceof InferenceError ? outcome : assert.fail('nothing was refused');
  };
  return { stepper, events, ask, refusal };
}

test('several prompts with n completions each are one generation, prompt after prompt', async () => {
  const { stepper, ask } = world();
  const morePrompts = [{ kind: 'tokens' as const, items: codes('xyz') }];
  const { choices, usage } = await ask({ morePrompts, n: 2 });
  const [first, second] = [written(codes('abc'), 3), written(codes('xyz'), 3)];
  assert.deepEqual(
    choices.map(({ text }) => text),
    [first, first, second, second],
  );
  assert.deepEqual(usage, { promptTokens: 6, completionTokens: 12, cachedTokens: 0 });
  assert.deepEqual(
    choices.map(({ share }) => share?.usage.completionTokens),
    [3, 3, 3, 3],
  );
  assert.equal(stepper.begun.length, 4);
  const seeds = stepper.begun.map(({ request: { sampling } }) => sampling.seed);
  assert.equal(new Set(seeds).size, 4);
});

test('more completions than can run and wait are refused, prompts counted', async () => {
  const { refusal } = world();
  const morePrompts = Array.from({ length: 29 }, () => ({ kind: 'text' as const, text: 'a' }));
  const error = await refusal({ morePrompts, n: 4 });
  assert.match(error.message, new RegExp(`30 prompts with n 4 are 120 .* at most ${4 + roomy.maxQueue}`));
  assert.equal(error.param, 'n');
});

test('token ids and texts between them are one prompt; a BOS comes only before a text', async () => {
  const { stepper, ask } = world({ bos: 7 });
  for (const items of [
    [97, 'bc', 100],
    ['bc', 100],
    [7, 97],
  ])
    await ask({ prompt: { kind: 'tokens', items } });
  await ask({ prompt: { kind: 'text', text: 'a' } });
  assert.deepEqual(
    stepper.begun.map(({ request: { prompt } }) => prompt),
    [
      [97, 98, 99, 100],
      [7, 98, 99, 100],
      [7, 97],
      [7, 97],
    ],
  );
});

test('an id that the vocabulary lacks is refused before anything is read, by the name of its field', async () => {
  const { stepper, refusal } = world();
  const good = { kind: 'tokens' as const, items: [1] };
  for (const id of [65_536, 1e12]) {
    const error = await refusal({ prompt: good, morePrompts: [{ kind: 'tokens', items: [1, id] }] });
    assert.deepEqual([error.code, error.param], ['invalid_request', 'prompt']);
    assert.equal(error.message, `There is no token ${id}; this model's ids go from 0 to 65535.`);
    assert.equal((await refusal({ logitBias: [{ token: id, bias: 1 }] })).param, 'bias');
  }
  assert.equal((await refusal({ prompt: { kind: 'tokens', items: [] } })).param, 'prompt');
  assert.equal((await refusal({ prompt: { kind: 'tokens', items: Array(1001).fill(1) } })).code, 'context_exceeded');
  assert.equal(stepper.begun.length, 0);
});

test('biases of a text are those of its tokens, and add up', async () => {
  const { stepper, ask } = world();
  await ask({
    logitBias: [
      { token: 97, bias: 2 },
      { token: 'ab', bias: -0.5 },
      { token: 99, bias: -Infinity },
    ],
  });
  assert.deepEqual(stepper.begun[0]?.request.logitBias, [
    { id: 97, bias: 1.5 },
    { id: 98, bias: -0.5 },
    { id: 99, bias: -Infinity },
  ]);
});

test('an echo is the beginning of each completion, also of token ids', async () => {
  const { ask } = world();
  const morePrompts = [{ kind: 'tokens' as const, items: [97, ' b', 26] }];
  const { choices } = await ask({ echo: true, morePrompts, n: 2 });
  const tokens = [97, ...codes(' b'), 26];
  // the fake's token 97 is the letter t
  const texts = [`abc${written(codes('abc'), 3)}`, `t ba${written(tokens, 3)}`];
  assert.deepEqual(
    choices.map(({ text }) => text),
    [texts[0], texts[0], texts[1], texts[1]],
  );
});

test('with no new tokens wanted the prompt is read, and nothing is written', async () => {
  const { stepper, ask } = world();
  const { choices, usage } = await ask({ maxTokens: 0, echo: true, tokenIds: true, ignoreEos: true });
  const { share, ...choice } = choices[0] ?? assert.fail();
  assert.deepEqual(choice, { text: 'abc', finishReason: 'length', stopString: undefined });
  assert.deepEqual(usage, { promptTokens: 3, completionTokens: 0, cachedTokens: 0 });
  assert.deepEqual(share?.usage, usage);
  assert.deepEqual(stepper.held[0], codes('abc'));
});

test('the ids of all tokens are told where asked, with text or at the end', async () => {
  const { events, ask } = world();
  const ids = expectedTokens(codes('abc'), 5, new Set());
  const { choices } = await ask({ maxTokens: 5, tokenIds: true, stop: [written(codes('abc'), 5).slice(3)] });
  assert.deepEqual(choices[0]?.ids, ids);
  assert.equal(choices[0].text, written(codes('abc'), 3));
  for await (const event of events({})) assert.ok(!('ids' in event));
});

test('a request that reads anew finds nothing, and leaves what it read to others', async () => {
  const { ask } = world();
  const text = 'a'.repeat(50);
  const cached = async (reuse: boolean | undefined): Promise<number> => {
    const { usage } = await ask({ prompt: { kind: 'text', text }, reuse });
    return usage.cachedTokens;
  };
  assert.deepEqual(
    [await cached(false), await cached(false), await cached(undefined), await cached(false)],
    [0, 0, 49, 0],
  );
});

test('an infill stands between the marks, other files first, and needs a model with marks', async () => {
  const marks = { prefix: 1, suffix: 2, middle: 3, project: 4, file: 5 };
  const prompt = { kind: 'infill' as const, prefix: 'p', suffix: 's', extra: [] };
  const extra = [{ filename: 'f', text: 't' }, { text: 'u' }];
  const { stepper, ask } = world({ infill: marks, bos: 7 });
  await ask({ prompt, echo: true });
  await ask({ prompt: { ...prompt, extra } });
  const bare = world({ infill: { ...marks, project: undefined, file: undefined } });
  await bare.ask({ prompt: { ...prompt, extra } });
  const seen = [...stepper.begun, ...bare.stepper.begun].map(({ request: one }) => one.prompt);
  const snippet = codes('\n\n--- snippet ---\n\n');
  assert.deepEqual(seen, [
    [7, 1, 112, 2, 115, 3],
    [
      7,
      4,
      ...codes('myproject\n'),
      5,
      ...codes('f\nt'),
      5,
      ...codes('tmp\nu'),
      5,
      ...codes('filename\n'),
      1,
      112,
      2,
      115,
      3,
    ],
    [...snippet, ...codes('t'), ...snippet, ...codes('u'), 1, 112, 2, 115, 3],
  ]);
  const error = await world().refusal({ prompt });
  assert.equal(error.code, 'invalid_request');
  assert.match(error.message, /no fill-in-the-middle tokens/);
});
