import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatBody } from '../../src/dialects/openai/chat-body.ts';
import { completionsBody } from '../../src/dialects/openai/completions-body.ts';
import { createOpenai } from '../../src/dialects/openai/index.ts';
import { at, parse, refusal } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

type Fields = Record<string, unknown>;
/** The field that the error names, what is wrong beside a good prompt, and the sentence. */
type Row = [param: string, fields: Fields, sentence?: string];

const openai = createOpenai(dialectSettings);
const chat = { dialect: at(openai, '/v1/chat/completions'), good: { messages: [{ role: 'user', content: 'Hi' }] } };
const completions = { dialect: at(openai, '/v1/completions'), good: { prompt: 'Hi' } };

// Types and ranges.
const shared: Row[] = [
  ['model', { model: ['a'] }, 'model must be a string, got a list.'],
  [
    'keep_alive',
    { keep_alive: 'soon' },
    'keep_alive must be seconds or a time such as "5m", got "soon"; 0 unloads the model at once, -1 never.',
  ],
  [
    'temperature',
    { temperature: 2.1 },
    'temperature must be a number from 0 to 2, got 2.1; use 0 for greedy decoding.',
  ],
  [
    'temperature',
    { temperature: '1' },
    'temperature must be a number from 0 to 2, got "1"; use 0 for greedy decoding.',
  ],
  ['top_p', { top_p: -0.5 }, 'top_p must be a number from 0 to 1, got -0.5; use 1 to keep all tokens.'],
  ['n', { n: 0 }, 'n must be an integer from 1 to 128, got 0.'],
  ['n', { n: 129 }, 'n must be an integer from 1 to 128, got 129.'],
  ['stop', { stop: Array(17).fill('a') }, 'stop must be a string or a list of up to 16 strings, got a list.'],
  ['stop[0]', { stop: [7] }, 'stop[0] must be a string that is not empty, got 7.'],
  ['seed', { seed: 0.5 }, 'seed must be an integer, got 0.5.'],
  ['stream', { stream: 1 }, 'stream must be true or false, got 1.'],
  ['stream_options', { stream: true, stream_options: [] }, 'stream_options must be an object, got an empty list.'],
  [
    'stream_options.include_usage',
    { stream: true, stream_options: { include_usage: 'yes' } },
    'stream_options.include_usage must be true or false, got "yes".',
  ],
  [
    'stream_options.include_usag',
    { stream: true, stream_options: { include_usag: true } },
    'stream_options.include_usag is not known; did you mean include_usage?',
  ],
  [
    'frequency_penalty',
    { frequency_penalty: 3 },
    'frequency_penalty must be a number from -2 to 2, got 3; use 0 for no penalty.',
  ],
  [
    'presence_penalty',
    { presence_penalty: -3 },
    'presence_penalty must be a number from -2 to 2, got -3; use 0 for no penalty.',
  ],
  ['top_k', { top_k: -2 }, 'top_k must be an integer ≥ -1, got -2; use 0 to keep all tokens.'],
  ['min_p', { min_p: 1.5 }, 'min_p must be a number from 0 to 1, got 1.5; use 0 to keep all tokens.'],
  [
    'repetition_penalty',
    { repetition_penalty: 0 },
    'repetition_penalty must be a number from 0.01 to 100, got 0; use 1 for no penalty.',
  ],
  ['ignore_eos', { ignore_eos: 'no' }, 'ignore_eos must be true or false, got "no".'],
  ['min_tokens', { min_tokens: -1 }, 'min_tokens must be an integer ≥ 0, got -1.'],
  ['max_tokens', { max_tokens: 2 ** 31 }, 'max_tokens must be an integer up to 2147483647, got 2147483648.'],
  [
    'logit_bias',
    { logit_bias: [1] },
    'logit_bias must be an object from token ids to numbers from -100 to 100, got a list.',
  ],
  ['logit_bias.a', { logit_bias: { a: 1 } }, 'logit_bias.a must be named by a token id, such as "42".'],
  [
    'logit_bias.7',
    { logit_bias: { 7: 101 } },
    'logit_bias.7 must be a number from -100 to 100, got 101; use -100 to ban the token.',
  ],
  ['cache_prompt', { cache_prompt: 0 }, 'cache_prompt must be true or false, got 0.'],
  ['user', { user: 5 }, 'user must be a string, got 5.'],
  ['metadata', { metadata: 'a' }, 'metadata must be an object whose values are strings, got "a".'],
  ['metadata.a', { metadata: { a: 1 } }, 'metadata.a must be a string, got 1.'],
  ['service_tier', { service_tier: true }, 'service_tier must be a string, got true.'],
  ['store', { store: true }, 'store must be false, got true; replies are not stored, so leave it out.'],
  // contradictions
  [
    'stream_options',
    { stream_options: { include_usage: true } },
    'stream_options is for streams alone; leave it out or set stream to true.',
  ],
  ['min_tokens', { min_tokens: 9, max_tokens: 8 }, 'min_tokens must be at most max_tokens (8), got 9.'],
];

const forChat: Row[] = [
  ['messages', { messages: undefined }, 'messages must be a list of at least one message, got nothing.'],
  ['messages', { messages: 'Hi' }, 'messages must be a list of at least one message, got "Hi".'],
  ['max_tokens', { max_tokens: 0 }, 'max_tokens must be an integer ≥ 1, got 0.'],
  ['max_completion_tokens', { max_completion_tokens: 0 }, 'max_completion_tokens must be an integer ≥ 1, got 0.'],
  ['logprobs', { logprobs: 2 }, 'logprobs must be true or false, got 2.'],
  ['top_logprobs', { logprobs: true, top_logprobs: 21 }, 'top_logprobs must be an integer from 0 to 20, got 21.'],
  ['modalities', { modalities: 'text' }, 'modalities must be ["text"], got "text".'],
  ['modalities[1]', { modalities: ['text', 'audio'] }],
  ['audio', { audio: { voice: 'ash' } }],
  [
    'verbosity',
    { verbosity: 'high' },
    'verbosity must be "medium", got "high"; it is not supported yet, so leave it out.',
  ],
  [
    'web_search_options',
    { web_search_options: {} },
    'web_search_options must be null, got an object; there is no web search here, so leave it out.',
  ],
  ['prediction', { prediction: 'Paris' }, 'prediction must be an object, got "Paris".'],
  ['prompt_cache_key', { prompt_cache_key: 5 }, 'prompt_cache_key must be a string, got 5.'],
  ['prompt_cache_retention', { prompt_cache_retention: 24 }, 'prompt_cache_retention must be a string, got 24.'],
  ['prompt_cache_options', { prompt_cache_options: [] }, 'prompt_cache_options must be an object, got an empty list.'],
  ['safety_identifier', { safety_identifier: {} }, 'safety_identifier must be a string, got an object.'],
  // contradictions
  [
    'max_completion_tokens',
    { max_tokens: 5, max_completion_tokens: 6 },
    'max_tokens (5) and max_completion_tokens (6) mean the same; give one of them.',
  ],
  [
    'top_logprobs',
    { top_logprobs: 2 },
    'top_logprobs 2 needs logprobs; set logprobs to true or leave top_logprobs out.',
  ],
];

const forCompletions: Row[] = [
  [
    'prompt',
    { prompt: undefined },
    'prompt must be a string, a list of strings, a list of token ids or a list of such lists, got nothing.',
  ],
  [
    'prompt',
    { prompt: [] },
    'prompt must be a string, a list of strings, a list of token ids or a list of such lists, got an empty list.',
  ],
  ['prompt[1]', { prompt: [1, 'a'] }, 'prompt[1] must be a token id (an integer from 0), got "a".'],
  ['prompt[0][1]', { prompt: [[1, -1]] }, 'prompt[0][1] must be a token id (an integer from 0), got -1.'],
  ['prompt[1]', { prompt: ['a', []] }, 'prompt[1] must be a string or a list of token ids, got an empty list.'],
  ['max_tokens', { max_tokens: -1 }, 'max_tokens must be an integer ≥ 0, got -1.'],
  ['suffix', { suffix: 5 }, 'suffix must be a string, got 5.'],
  ['echo', { echo: 'yes' }, 'echo must be true or false, got "yes".'],
  ['logprobs', { logprobs: 6 }, 'logprobs must be an integer from 0 to 5, got 6.'],
  ['logprobs', { logprobs: true }, 'logprobs must be an integer from 0 to 5, got true.'],
  ['best_of', { best_of: 0 }, 'best_of must be an integer from 1 to 128, got 0.'],
  // contradictions
  ['best_of', { n: 2, best_of: 3 }, 'best_of 3 must equal n (2); completions are not ranked here, so leave it out.'],
  ['max_tokens', { max_tokens: 0 }, 'max_tokens 0 asks for nothing; set echo to true or ask for at least 1.'],
  [
    'logprobs',
    { echo: true, logprobs: 0 },
    'logprobs cannot be told of a prompt, so they do not go with echo; leave one of them out.',
  ],
  [
    'suffix',
    { prompt: [1, 2], suffix: 'b' },
    'suffix goes with prompts that are strings; leave it out or send strings.',
  ],
];

/** What has its own tests: tools, formats of the answer, reasoning. */
const elsewhere =
  'tools tool_choice parallel_tool_calls functions function_call response_format grammar reasoning_effort reasoning_format chat_template_kwargs'.split(
    ' ',
  );

for (const { name, of, body, rows } of [
  { name: 'chat', of: chat, body: chatBody, rows: [...shared, ...forChat] },
  { name: 'completions', of: completions, body: completionsBody, rows: [...shared, ...forCompletions] },
]) {
  test(`${name} refuses wrong types, values out of range and contradictions, and names the field`, () => {
    for (const [param, fields, sentence] of rows) {
      const error = refusal(of.dialect, { ...of.good, ...fields });
      assert.deepEqual([error.code, error.param], ['invalid_request', param], JSON.stringify(fields));
      if (sentence !== undefined) assert.equal(error.message, sentence);
    }
  });

  test(`every field of ${name} has a row here, and every one may be null`, () => {
    const tried = new Set(rows.map(([param]) => param.split(/[.[]/)[0]));
    const fields = Object.keys(body.shape).filter((field) => !elsewhere.includes(field));
    assert.deepEqual(
      fields.filter((field) => !tried.has(field)),
      [],
    );
    for (const field of fields.filter((one) => !(one in of.good))) {
      assert.deepEqual(parse(of.dialect, { ...of.good, [field]: null }).ignored, [], field);
    }
  });
}
