import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begun, call, events, say, streamed, think, whole } from '../support/responses.ts';
import type { Wire } from '../support/responses.ts';

/** What an event says beside its type and its number. */
function unnumbered(event: Wire): object {
  return Object.fromEntries(Object.entries(event).filter(([name]) => name !== 'type' && name !== 'sequence_number'));
}

test('streams a text', async () => {
  const place = { item_id: 'msg_u1_0', output_index: 0, content_index: 0 };
  const [item] = whole.output;
  const part = { type: 'output_text', text: '', annotations: [], logprobs: [] };
  const seen = await streamed(events([say('Par'), say('is')], 'stop'));
  const expected: object[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { ...item, status: 'in_progress', content: [] },
    },
    { type: 'response.content_part.added', ...place, part },
    { type: 'response.output_text.delta', ...place, delta: 'Par', logprobs: [] },
    { type: 'response.output_text.delta', ...place, delta: 'is', logprobs: [] },
    { type: 'response.output_text.done', ...place, text: 'Paris', logprobs: [] },
    { type: 'response.content_part.done', ...place, part: { ...part, text: 'Paris' } },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: whole },
  ];
  assert.deepEqual(
    seen,
    expected.map((event, index) => ({ ...event, sequence_number: index })),
  );
});

const turn = [
  think('H'),
  think('m.'),
  say('See:'),
  call(0, 'a', { name: 'get_weather' }),
  call(0, 'a', { argumentsDelta: '{"city": ' }),
  call(0, 'a', { argumentsDelta: '"Rome"}' }),
  call(1, 'b', { name: 'now' }),
  call(1, 'b', { argumentsDelta: '{}' }),
];

const turnOutput = [
  {
    id: 'rs_u1_0',
    type: 'reasoning',
    status: 'completed',
    summary: [],
    content: [{ type: 'reasoning_text', text: 'Hm.' }],
  },
  {
    id: 'msg_u1_1',
    type: 'message',
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', text: 'See:', annotations: [], logprobs: [] }],
  },
  {
    id: 'fc_u1_2',
    type: 'function_call',
    status: 'completed',
    call_id: 'a',
    name: 'get_weather',
    arguments: '{"city": "Rome"}',
  },
  { id: 'fc_u1_3', type: 'function_call', status: 'completed', call_id: 'b', name: 'now', arguments: '{}' },
];

test('streams thoughts, text and calls as items of their own, one after the other', async () => {
  const seen = await streamed(events(turn, 'tool_calls'));
  assert.deepEqual(
    seen.map(({ type, output_index: index }) => `${type.replace('response.', '')} ${String(index ?? '')}`.trim()),
    [
      'created',
      'in_progress',
      'output_item.added 0',
      'content_part.added 0',
      'reasoning_text.delta 0',
      'reasoning_text.delta 0',
      'reasoning_text.done 0',
      'content_part.done 0',
      'output_item.done 0',
      'output_item.added 1',
      'content_part.added 1',
      'output_text.delta 1',
      'output_text.done 1',
      'content_part.done 1',
      'output_item.done 1',
      'output_item.added 2',
      'function_call_arguments.delta 2',
      'function_call_arguments.delta 2',
      'function_call_arguments.done 2',
      'output_item.done 2',
      'output_item.added 3',
      'function_call_arguments.delta 3',
      'function_call_arguments.done 3',
      'output_item.done 3',
      'completed',
    ],
  );
  const of = (type: string): object[] => seen.filter((event) => event.type === `response.${type}`).map(unnumbered);
  const thought = { item_id: 'rs_u1_0', output_index: 0, content_index: 0 };
  assert.deepEqual(of('reasoning_text.delta'), [
    { ...thought, delta: 'H' },
    { ...thought, delta: 'm.' },
  ]);
  assert.deepEqual(of('reasoning_text.done'), [{ ...thought, text: 'Hm.' }]);
  assert.deepEqual(of('content_part.added')[0], { ...thought, part: { type: 'reasoning_text', text: '' } });
  assert.deepEqual(of('output_item.added')[2], {
    output_index: 2,
    item: { ...turnOutput[2], status: 'in_progress', arguments: '' },
  });
  assert.deepEqual(of('function_call_arguments.delta')[0], { item_id: 'fc_u1_2', output_index: 2, delta: '{"city": ' });
  assert.deepEqual(of('function_call_arguments.done')[0], {
    item_id: 'fc_u1_2',
    output_index: 2,
    name: 'get_weather',
    arguments: '{"city": "Rome"}',
  });
  assert.deepEqual(
    of('output_item.done'),
    turnOutput.map((item, index) => ({ output_index: index, item })),
  );
  assert.deepEqual(seen.at(-1)?.response, { ...whole, output: turnOutput });
});
