import { InferenceError } from '../contract/errors.ts';
import { globalConfigs } from '../wrappers/global.ts';
import type { ModelWrapper } from '../wrappers/model-wrapper.ts';
import type { Msg } from './msg.ts';

export interface AgentOptions {
  name: string;
  /** What the agent is to be; the first thing that its model reads. */
  sysPrompt?: string | undefined;
  /** The config of its model among those of the process. */
  modelConfigName?: string | undefined;
  /** Its model itself, instead of a name. */
  model?: ModelWrapper | undefined;
}

/** What an agent is told, and by whom it is heard. An agent of one's own says in `reply` what it answers. */
export abstract class AgentBase {
  readonly name: string;
  readonly sysPrompt: string | undefined;
  /** What it has heard and said, the oldest first. */
  readonly memory: Msg[] = [];
  private readonly chosen: ModelWrapper | undefined;
  private readonly hearers = new Set<(message: Msg) => void>();

  /** @throws InferenceError invalid_request without a name; not_found for a config that is not there */
  constructor({ name, sysPrompt, modelConfigName, model }: AgentOptions) {
    if (typeof name !== 'string' || name === '')
      throw new InferenceError('invalid_request', 'An agent needs a name that is not empty.', { param: 'name' });
    this.name = name;
    this.sysPrompt = sysPrompt;
    this.chosen = model ?? (modelConfigName === undefined ? undefined : globalConfigs.load(modelConfigName));
  }

  /** The agent's model. @throws InferenceError where it was given none */
  get model(): ModelWrapper {
    if (this.chosen !== undefined) return this.chosen;
    const message = `The agent ${this.name} has no model; give it modelConfigName or model.`;
    throw new InferenceError('invalid_request', message, { param: 'modelConfigName' });
  }

  /** What the agent answers. @param message what it is told; undefined where it speaks first */
  abstract reply(message?: Msg, options?: ReplyOptions): Promise<Msg>;

  /** Lets the agent answer, and all who hear it hear that. */
  async call(message?: Msg, options?: ReplyOptions): Promise<Msg> {
    const answer = await this.reply(message, options);
    for (const hear of this.hearers) hear(answer);
    return answer;
  }

  /** Hears something without answering. */
  observe(...messages: readonly Msg[]): void {
    this.memory.push(...messages);
  }

  /** Tells somebody whatever this agent answers. @returns a function that ends it */
  heardBy(hear: (message: Msg) => void): () => void {
    this.hearers.add(hear);
    return () => this.hearers.delete(hear);
  }
}

export interface ReplyOptions {
  signal?: AbortSignal | undefined;
}
