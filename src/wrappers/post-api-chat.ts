import { toMessages, type ModelInput } from './message.ts';
import { PostApiWrapper } from './post-api.ts';
import { textOf } from './reply-forms.ts';

/** `post_api_chat`: a conversation, answered in one of the known forms. A string is what the user says. */
export class PostApiChatWrapper extends PostApiWrapper {
  protected override prompt(input: ModelInput): unknown {
    return toMessages(input);
  }

  protected override textIn(body: unknown): string {
    const text = textOf(body);
    if (text === undefined) throw this.unread('no text where one is known to stand; use post_api and read raw');
    return text;
  }
}
