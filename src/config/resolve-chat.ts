import { chatDeclarations, type ChatFlagName, type ChatSettings } from './chat-settings.ts';
import { checkedFlags } from './given.ts';
import { modelFlagNames } from './model-settings.ts';
import { flagName } from './names.ts';
import { resolveSettings } from './resolve.ts';
import { readServerUrl, type ServerUrl } from './server-url.ts';
import type { Settings } from './settings.ts';
import { UsageError } from './usage-error.ts';

/** The flags as they were written: one text, or all of them where a flag was repeated; true for a flag without a value. */
export type ChatFlags = Readonly<Partial<Record<ChatFlagName, string | boolean | readonly (string | boolean)[]>>>;

/** Whom one talks to: a server, a config of a file (the first without a name), or a model that is loaded here. */
export type Talked =
  | ServerUrl
  | { kind: 'config'; file: string; name: string | undefined }
  | { kind: 'model'; settings: Settings; quiet: boolean };

export interface ResolvedChat {
  chat: ChatSettings;
  talked: Talked;
  /** Sentences about variables that were left out. */
  warnings: string[];
}

/**
 * Checks the flags of a chat. A model in this process also follows the HEARTH_ variables and their config file.
 * @param target a URL, the name of a config where a file of them is given, or else a model
 * @throws UsageError one sentence about what is wrong or doesn't go together
 */
export function resolveChat(flags: ChatFlags, target: string | undefined, env: NodeJS.ProcessEnv): ResolvedChat {
  // Every declared name was just given a value of its own schema.
  const chat = checkedFlags(chatDeclarations, flags) as ChatSettings;
  const isUrl = target !== undefined && /^https?:\/\//i.test(target);
  const elsewhere = isUrl || chat.modelConfigs !== undefined;
  const stray = modelFlagNames.find((name) => elsewhere && flags[name] !== undefined);
  if (stray !== undefined) {
    const other = isUrl ? `the URL ${target}` : '--model-configs';
    throw new UsageError(`--${flagName(stray)} is for a model in this process; leave out it or ${other}.`);
  }
  for (const name of ['apiKey', 'servedModel'] as const)
    if (!isUrl && chat[name] !== undefined)
      throw new UsageError(
        `--${flagName(name)} is for a server; give its URL, as in hearth chat http://127.0.0.1:8000/v1.`,
      );
  if (isUrl) {
    const talked = readServerUrl(target);
    if (talked.kind === 'post-api' && chat.servedModel !== undefined)
      throw new UsageError('--served-model is for /v1; leave it out, /llm/ serves one model.');
    if (chat.modelConfigs !== undefined)
      throw new UsageError(`--model-configs names whom to talk to, and so does ${target}; leave one of them out.`);
    return { chat, talked, warnings: [] };
  }
  if (chat.modelConfigs !== undefined)
    return { chat, talked: { kind: 'config', file: chat.modelConfigs, name: target }, warnings: [] };
  if (target !== undefined && flags.model !== undefined)
    throw new UsageError(`--model names whom to talk to, and so does ${target}; leave one of them out.`);
  const model = Object.fromEntries(modelFlagNames.map((name) => [name, flags[name]]));
  // The model's flags all take a value, so that each is a text or several.
  const resolved = resolveSettings({ ...model, ...(target !== undefined && { model: target }) }, env);
  const { settings, warnings, origins } = resolved;
  if (settings.model.length > 1)
    throw new UsageError(`A chat is with one model, but ${settings.model.length} were given; leave one.`);
  return { chat, talked: { kind: 'model', settings, quiet: origins.logLevel.source === 'default' }, warnings };
}
