import { optional } from './setting.ts';
import { bytes, decimal, text, toggle } from './values.ts';

const group = 'Several models';

/** Which models there are beside those that are named, and which of them are in memory. */
export const poolSettings = {
  modelsDir: optional({
    group,
    schema: text('the path of a folder'),
    defaultText: 'none',
    help: 'a folder whose GGUF files and ONNX folders are all served, each under its name',
    path: true,
  }),
  preload: optional({
    group,
    schema: toggle(),
    defaultText: 'for one model alone',
    help: 'load at start; else a model is loaded by the first request for it',
    toggle: true,
  }),
  idleUnload: optional({
    group,
    schema: decimal({ min: 0 }),
    defaultText: 'never',
    help: 'seconds after its last request at which a model is unloaded; 0 at once; keep_alive in a request goes before it',
  }),
  memoryBudget: optional({
    group,
    schema: bytes(),
    defaultText: 'nine tenths of what is free at start, with several models',
    help: 'what all loaded models together may take: 12gb, 512mb; the least recently used one makes room',
  }),
};
