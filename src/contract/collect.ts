import type { Choice, GenerateEvent, GenerateResult } from './generate.ts';

/**
 * Reads a generation to its end: the non-streaming reply of every dialect.
 * @throws whatever the generation throws; Error when it ends without its `done`.
 */
export async function collect(events: AsyncIterable<GenerateEvent>): Promise<GenerateResult> {
  const choices: Choice[] = [];
  const choice = (index: number): Choice => (choices[index] ??= { text: '', finishReason: 'stop' });
  for await (const event of events) {
    switch (event.type) {
      case 'start':
        break;
      case 'delta':
        choice(event.index).text += event.text;
        if (event.logprobs) (choice(event.index).logprobs ??= []).push(...event.logprobs);
        if (event.ids) (choice(event.index).ids ??= []).push(...event.ids);
        break;
      case 'reasoning':
        choice(event.index).reasoning = (choice(event.index).reasoning ?? '') + event.text;
        break;
      case 'tool_call': {
        const calls = (choice(event.index).toolCalls ??= []);
        const call = (calls[event.call] ??= { id: event.id, name: '', arguments: '' });
        call.name += event.name ?? '';
        call.arguments += event.argumentsDelta ?? '';
        break;
      }
      case 'finish':
        if (event.ids) (choice(event.index).ids ??= []).push(...event.ids);
        if (event.share) choice(event.index).share = event.share;
        choice(event.index).finishReason = event.reason;
        choice(event.index).stopString = event.stopString;
        break;
      case 'done':
        return { choices, usage: event.usage, timings: event.timings };
    }
  }
  throw new Error('the generation ended without a done event');
}
