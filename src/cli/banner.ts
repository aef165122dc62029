import { relative } from 'node:path';
import { inBytes, type ContextMemory } from '../contract/memory.ts';
import type { ModelInfo } from '../contract/model.ts';
import type { Paint } from './terminal.ts';

/** What the banner tells. */
export interface Running {
  version: string;
  url: string;
  info: ModelInfo;
  /** The absolute path of the model's file. */
  file: string;
  /** Whether clients need a key. */
  keys: boolean;
}

/** What is served where, with a curl line that can be pasted; ends with a newline. */
export function banner(running: Running, paint: Paint): string {
  const { info, version } = running;
  const url = reachable(running.url);
  const row = (name: string, text: string): string => `  ${paint('dim', name.padEnd(7))} ${text}`;
  return `${[
    `${paint('bold', `hearth ${version}`)} is ready on ${paint('bold', url)}`,
    '',
    row('model', `${info.id} (${shortest(running.file)})`),
    row('device', info.device),
    row('slots', `${info.slots} × ${info.contextSize} tokens`),
    ...(info.memory === undefined ? [] : [row('memory', memory(info.memory))]),
    '',
    `  ${curl(url, running.keys)}`,
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

function curl(url: string, keys: boolean): string {
  const key = keys ? ` -H 'authorization: Bearer YOUR_KEY'` : '';
  const body = JSON.stringify({ inputs: 'The capital of France is', max_new_tokens: 8 });
  return `curl -s ${url}/llm/ -H 'content-type: application/json'${key} -d '${body}'`;
}

/** The URL for this machine: nobody can call "every address". */
function reachable(url: string): string {
  return url.replace(/\/$/, '').replace('//0.0.0.0', '//127.0.0.1').replace('//[::]', '//[::1]');
}

function shortest(file: string): string {
  const fromHere = relative(process.cwd(), file);
  return fromHere.startsWith('..') || fromHere === '' ? file : fromHere;
}
