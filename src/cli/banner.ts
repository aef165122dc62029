import { relative } from 'node:path';
import { inBytes, type ContextMemory } from '../contract/memory.ts';
import type { ModelInfo, Task } from '../contract/model.ts';
import type { Paint } from './terminal.ts';

/** What the banner tells. */
export interface Running {
  version: string;
  url: string;
  /** Those that are loaded, each with the absolute path of its file. */
  models: readonly { info: ModelInfo; file: string }[];
  /** Those that their first request loads. */
  later?: readonly { id: string; file: string }[];
  /** Whether clients need a key. */
  keys: boolean;
}

/** What is served where, with a curl line that can be pasted; ends with a newline. */
export function banner(running: Running, paint: Paint): string {
  const { models, version, later = [] } = running;
  const url = reachable(running.url);
  const row = (name: string, text: string): string => `  ${paint('dim', name.padEnd(7))} ${text}`;
  return `${[
    `${paint('bold', `hearth ${version}`)} is ready on ${paint('bold', url)}`,
    '',
    ...models.flatMap(({ info, file }) => [
      row('model', `${info.id} (${shortest(file)})`),
      row('device', info.device),
      size(info, row),
      ...(info.memory === undefined ? [] : [row('memory', memory(info.memory))]),
      '',
    ]),
    ...later.map(({ id, file }) => row('model', `${id} (${shortest(file)}), loaded by its first request`)),
    ...(later.length === 0 ? [] : ['']),
    `  ${curl(url, models[0]?.info, running.keys)}`,
    '',
    'Ctrl-C stops.',
  ].join('\n')}\n`;
}

/** What the slots take and why so much, and what the weights take beside them. */
function memory(taken: ContextMemory): string {
  const limit = taken.containerLimit === undefined ? '' : `container limit ${inBytes(taken.containerLimit)}, `;
  const flash = { true: ', flash attention', false: ', no flash attention', undefined: '' }[`${taken.flashAttention}`];
  return (
    `slots ${inBytes(taken.contextBytes)} of ${inBytes(taken.freeBytes)} ${taken.place} free (${limit}${taken.why}); ` +
    `KV cache ${taken.kvCacheType}${flash}; weights ${inBytes(taken.modelBytes)}`
  );
}

/** What a request may hold, in the words of what the model does. */
function size(
  { tasks, slots, contextSize, dimensions, labels }: ModelInfo,
  row: (name: string, text: string) => string,
): string {
  if (tasks.includes('generate')) return row('slots', `${slots} × ${contextSize} tokens`);
  const judged = labels === undefined ? 'scores' : `${labels.length} labels`;
  const what = dimensions === undefined ? judged : `vectors of ${dimensions} numbers`;
  return row('inputs', `${slots} × ${contextSize} tokens, ${what}`);
}

/** A request that the model answers; without one, what lists those that can be asked. */
function curl(url: string, info: ModelInfo | undefined, keys: boolean): string {
  const key = keys ? ` -H 'authorization: Bearer YOUR_KEY'` : '';
  if (info === undefined) return `curl -s ${url}/v1/models${key}`;
  const { id, tasks } = info;
  const [task = 'generate'] = tasks;
  const examples: Record<Task, [path: string, body: object]> = {
    generate: ['/llm/', { inputs: 'The capital of France is', max_new_tokens: 8 }],
    embed: ['/v1/embeddings', { model: id, input: 'The capital of France is Paris.' }],
    rank: ['/v1/rerank', { model: id, query: 'capital of France', documents: ['Paris', 'a recipe'] }],
    classify: ['/v1/classify', { model: id, input: 'What a fine day.' }],
  };
  const [path, body] = examples[task];
  return `curl -s ${url}${path} -H 'content-type: application/json'${key} -d '${JSON.stringify(body)}'`;
}

/** The URL for this machine: nobody can call "every address". */
function reachable(url: string): string {
  return url.replace(/\/$/, '').replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]');
}

function shortest(file: string): string {
  const fromHere = relative(process.cwd(), file);
  return fromHere.startsWith('..') || fromHere === '' ? file : fromHere;
}
