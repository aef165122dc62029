import { AgentBase, type ReplyOptions } from './agent-base.ts';
import { modelMessages } from './model-messages.ts';
import { Msg } from './msg.ts';

/** An agent that remembers a conversation, and whose model answers it. */
export class DialogAgent extends AgentBase {
  /** @throws what the model's wrapper throws; then nothing is remembered of it */
  async reply(message?: Msg, { signal }: ReplyOptions = {}): Promise<Msg> {
    const heard = message === undefined ? this.memory : [...this.memory, message];
    const { text = '' } = await this.model.call(modelMessages(this.name, this.sysPrompt, heard), { signal });
    const answer = new Msg({ name: this.name, role: 'assistant', content: text });
    this.observe(...(message === undefined ? [answer] : [message, answer]));
    return answer;
  }
}
