import { z } from 'zod';
import { askedServerSettings } from './asked-server-settings.ts';
import { modelSettings } from './model-settings.ts';
import { optional, setting, type Setting } from './setting.ts';
import { decimal, text, whole } from './values.ts';

/** Every flag of `hearth chat` but the model's, in the order of its help. */
export const chatDeclarations = {
  modelConfigs: optional({
    group: 'Chat',
    schema: text('the path of a file of model configs'),
    defaultText: 'none',
    help: 'talk to a config of this file: the one that TARGET names, or the first',
  }),
  system: optional({
    group: 'Chat',
    schema: text('a text'),
    defaultText: 'none',
    help: 'the system prompt',
  }),
  maxTokens: optional({
    group: 'Chat',
    schema: whole(1),
    defaultText: "the model's",
    help: 'tokens of an answer at most',
  }),
  temperature: optional({
    group: 'Chat',
    schema: decimal({ min: 0, max: 2 }),
    defaultText: "the model's",
    help: 'randomness; 0 is greedy',
  }),
  once: setting({
    group: 'Chat',
    schema: z.boolean(),
    default: false,
    help: 'read one message, a pipe to its end, print the answer and leave',
    toggle: true,
  }),
  ...askedServerSettings,
};

export type ChatFlagName = keyof typeof chatDeclarations | keyof typeof modelSettings;

/** Every flag of `hearth chat`, in the order of its help. */
export const chatFlags: Readonly<Record<ChatFlagName, Setting<unknown>>> = { ...chatDeclarations, ...modelSettings };

export type ChatSettings = {
  [Name in keyof typeof chatDeclarations]: (typeof chatDeclarations)[Name]['default'];
};
