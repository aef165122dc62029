import type { Talked } from '../config/resolve-chat.ts';
import type { ChatSettings } from '../config/chat-settings.ts';
import type { Model } from '../contract/model.ts';
import { createLocalModel } from '../library/local-model.ts';
import { createModelConfigs, LocalWrapper, type ModelWrapper } from '../library/model-configs.ts';
import { CommandError } from './command-error.ts';
import type { Terminal } from './terminal.ts';

export interface OpenedChat {
  model: ModelWrapper;
  /** Whom one talks to, for the heading. */
  name: string;
  /** What the flags say of every answer, as this kind of model calls it. */
  args: Record<string, unknown>;
  close(): Promise<void>;
}

/**
 * Opens whom one talks to, which for a model means to load it.
 * @param load loads the model of the settings
 * @throws CommandError where the configs cannot be read or are empty; what loading throws
 */
export async function openChat(
  talked: Talked,
  chat: ChatSettings,
  terminal: Terminal,
  load: () => Promise<Model>,
): Promise<OpenedChat> {
  const configs = createModelConfigs({
    env: terminal.env,
    warn: (sentence) => terminal.stderr.write(`hearth: ${sentence}\n`),
    loadModel: talked.kind === 'model' ? async () => createLocalModel(await load()) : undefined,
  });
  if (talked.kind === 'config') configs.read(talked.file);
  else configs.read(await configOf(talked, chat));
  const name = (talked.kind === 'config' ? talked.name : undefined) ?? configs.names()[0];
  if (name === undefined) throw new CommandError('The file of --model-configs holds no config; add one.');
  const model = configs.load(name);
  // The model is there before one is asked to type.
  const local = model instanceof LocalWrapper ? await model.model() : undefined;
  const close = (): Promise<void> => configs.clear();
  return { model, name: local?.info.id ?? model.modelName, args: argsOf(model, chat), close };
}

async function configOf(
  talked: Exclude<Talked, { kind: 'config' }>,
  { apiKey, servedModel }: ChatSettings,
): Promise<Record<string, unknown>> {
  if (talked.kind === 'model') return { config_name: 'model', model_type: 'local' };
  const { kind, url } = talked;
  if (kind === 'post-api') {
    const headers = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` };
    return { config_name: url.href, model_type: 'post_api_chat', api_url: url.href, headers };
  }
  return {
    config_name: url.href,
    model_type: 'openai_chat',
    model_name: servedModel ?? (await firstModel(url, apiKey)),
    api_key: apiKey ?? 'EMPTY',
    client_args: { base_url: url.href },
  };
}

/** The first model that a server lists; where it lists none, a name that servers of one model answer to. */
async function firstModel(base: URL, apiKey: string | undefined): Promise<string> {
  try {
    const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    const reply = await fetch(`${base.href.replace(/\/$/, '')}/models`, { headers });
    const { data } = (await reply.json()) as { data?: { id?: unknown }[] };
    const id = data?.[0]?.id;
    return typeof id === 'string' ? id : 'default';
  } catch {
    // Whoever asks next is told what is wrong with the server.
    return 'default';
  }
}

function argsOf(
  { modelType, config }: ModelWrapper,
  { maxTokens, temperature }: ChatSettings,
): Record<string, unknown> {
  const openaiForm = config.api_url?.endsWith('/chat/completions') === true;
  const most = modelType.startsWith('post_api') && !openaiForm ? 'max_new_tokens' : 'max_tokens';
  return {
    ...(maxTokens !== undefined && { [most]: maxTokens }),
    ...(temperature !== undefined && { temperature }),
  };
}
