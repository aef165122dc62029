import { optional, setting } from './setting.ts';
import { bytes, choice, text } from './values.ts';

/** What is remembered of prompts that were read. */
export const cacheSettings = {
  prefixReuse: setting({
    group: 'Prompt cache',
    schema: choice(['on', 'off']),
    default: 'on',
    help: 'whether a prompt goes on from what was read before: on or off',
  }),
  promptCache: optional({
    group: 'Prompt cache',
    schema: text('the path of a folder'),
    defaultText: 'memory, until the server stops',
    help: 'a folder where prompts are kept that left their slots; it survives a restart',
    path: true,
  }),
  promptCacheSize: optional({
    group: 'Prompt cache',
    schema: bytes(0),
    defaultText: '1gb, at most a tenth of free memory; 8gb in a folder',
    help: 'what they may take: 8gb, 512mb; 0 keeps none',
  }),
};
