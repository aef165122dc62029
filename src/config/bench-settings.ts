import { z } from 'zod';
import { askedServerSettings } from './asked-server-settings.ts';
import { modelSettings } from './model-settings.ts';
import { optional, setting, type Setting } from './setting.ts';
import { choice, decimal, text, whole, wholeList } from './values.ts';

/** How many ask, and for how long. */
const loadSettings = {
  clients: setting({
    group: 'Load',
    schema: wholeList(1, 1024, 'whole numbers from 1 to 1024 with commas between them, such as 1,4,8'),
    default: [1, 4, 8],
    defaultText: '1,4,8',
    help: 'clients that each send their next request when the last is answered; a level for each number',
  }),
  duration: setting({
    group: 'Load',
    schema: decimal({ above: 0, max: 86_400 }),
    default: 10,
    help: 'seconds of a level; what runs at its end is awaited, but counts up to there',
  }),
  requests: optional({
    group: 'Load',
    schema: whole(1),
    defaultText: 'as many as the duration allows',
    help: 'requests of a level over all its clients, instead of a duration',
  }),
};

/** What they ask. */
const promptSettings = {
  workload: setting({
    group: 'Prompts',
    schema: choice(['chat', 'agents']),
    default: 'chat',
    help: 'chat: single prompts that have nothing in common; agents: conversations under one system prompt',
  }),
  promptTokens: setting({
    group: 'Prompts',
    schema: whole(1, 1_000_000),
    default: 128,
    help: "words of a prompt, or of an agent's message each turn; about a token each",
  }),
  maxTokens: setting({
    group: 'Prompts',
    schema: whole(1),
    default: 64,
    help: 'tokens of an answer; the model cannot end it earlier',
  }),
  sharedTokens: setting({
    group: 'Prompts',
    schema: whole(0, 1_000_000),
    default: 512,
    help: 'agents: words of the system prompt that all share',
  }),
  turns: setting({
    group: 'Prompts',
    schema: whole(1),
    default: 4,
    help: 'agents: requests of a conversation; then the client begins another',
  }),
  seed: optional({
    group: 'Prompts',
    schema: whole(0, 4_294_967_295),
    defaultText: 'a new one each time',
    help: 'the same seed asks the same; a server may still have such prompts in its cache',
  }),
};

/** What is told about it. */
const reportSettings = {
  json: setting({
    group: 'Report',
    schema: z.boolean(),
    default: false,
    help: 'print the results as JSON, and nothing else, on stdout',
    toggle: true,
  }),
  plot: optional({
    group: 'Report',
    schema: text('the path of an SVG file', /\.svg$/i),
    defaultText: 'none',
    help: 'draw throughput and time to first token against clients into this SVG file',
  }),
};

/** Every flag of `hearth bench` but the model's, in the order of its help. */
export const benchDeclarations = {
  ...loadSettings,
  ...promptSettings,
  ...askedServerSettings,
  ...reportSettings,
};

/** Every flag of `hearth bench`, in the order of its help. */
export const benchFlags: Readonly<Record<BenchFlagName, Setting<unknown>>> = {
  ...loadSettings,
  ...promptSettings,
  ...askedServerSettings,
  ...modelSettings,
  ...reportSettings,
};

export type BenchSettingName = keyof typeof benchDeclarations;
export type BenchFlagName = BenchSettingName | keyof typeof modelSettings;

/** `duration` in seconds. */
export type BenchSettings = { [Name in BenchSettingName]: (typeof benchDeclarations)[Name]['default'] };

/** Names that mean nothing without a server's URL. */
export const serverFlagNames = Object.keys(askedServerSettings) as BenchFlagName[];
