import { inBytes } from '../contract/memory.ts';
import { describeModel, estimateMemory, usualWaits, type Description, type MemoryEstimate } from '../hub/index.ts';
import { whileFetching } from './fetching.ts';
import type { HubCommand } from './hub-command.ts';

/**
 * Tells on stdout what a model is and what memory it takes.
 * @throws InferenceError as `describeModel`
 */
export async function runShow(command: HubCommand): Promise<number> {
  const { model, settings, json, terminal, contextSize, parallel, kvCacheType } = command;
  const described = await whileFetching(terminal, ({ signal, onNote, confirm }) =>
    describeModel(model, { settings, signal, onNote, confirm, waits: usualWaits, memory: process.availableMemory() }),
  );
  const memory = estimateMemory(described, described.bytes, { contextSize, parallel, kvCacheType });
  if (json) terminal.stdout.write(`${JSON.stringify({ ...described, memory: { ...memory, kvCacheType } }, null, 2)}\n`);
  else terminal.stdout.write(page(described, memory, kvCacheType));
  return 0;
}

function page(model: Description, memory: MemoryEstimate, kvCacheType: string): string {
  const { contextSize, slots } = memory;
  const most = model.slidingWindow === undefined ? '' : 'at most ';
  const context = `${most}${inBytes(memory.context)} for ${slots} × ${contextSize} tokens (${kvCacheType})`;
  const files =
    model.files.length === 1
      ? (model.files[0]?.path ?? '')
      : `${model.files[0]?.path ?? ''} and ${model.files.length - 1} more`;
  const rows: [string, string | undefined][] = [
    ['model', model.title],
    ['name', model.name],
    ['format', [model.format, model.quantization].filter((word) => word !== undefined).join(', ')],
    ['architecture', model.architecture],
    ['parameters', model.parameters === undefined ? undefined : parameters(model.parameters)],
    ['layers', String(model.layers)],
    ['trained context', model.trainedContext === undefined ? undefined : `${model.trainedContext} tokens`],
    ['chat template', model.template === undefined ? 'none' : templateWords(model.template)],
    ['licence', model.licence ?? 'not said'],
    ['files', `${files} (${inBytes(model.bytes)})`],
    ['path', model.path ?? 'not on this machine; hearth pull fetches it'],
    [
      'memory',
      `${inBytes(memory.weights + memory.context)} and buffers: ${inBytes(memory.weights)} of weights, ${context}`,
    ],
  ];
  const width = Math.max(...rows.map(([title]) => title.length));
  return rows.flatMap(([title, value]) => (value === undefined ? [] : [`${title.padEnd(width)}  ${value}\n`])).join('');
}

/** `134.5 M`, `7.2 B` */
function parameters(count: number): string {
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} M` : `${(count / 1e9).toFixed(1)} B`;
}

function templateWords(template: string): string {
  return `yes, ${template.length} characters${/\btools?\b/.test(template) ? ', with tools' : ''}`;
}
