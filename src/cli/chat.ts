import type { ChatSettings } from '../config/chat-settings.ts';
import { UsageError } from '../config/usage-error.ts';
import type { OpenedChat } from './chat-model.ts';
import { Conversation } from './conversation.ts';
import { reportFailure } from './failure.ts';
import { painter, type Terminal } from './terminal.ts';
import { Typing } from './typing.ts';

export interface ChatCommand {
  chat: ChatSettings;
  opened: OpenedChat;
  terminal: Terminal & { stdin: NodeJS.ReadStream };
}

const help = `/clear          forget what was said
/system TEXT    forget, and begin anew with this system prompt
/retry          another answer to the last message
/exit           leave (also Ctrl-D)
Ctrl-C stops an answer.
`;

/**
 * Talks until the input ends.
 * @returns the exit code: 0, or 130 where Ctrl-C came in a pipe
 * @throws UsageError for no input; of a pipe what the model's wrapper throws
 */
export async function runChat({ chat, opened, terminal }: ChatCommand): Promise<number> {
  const { stdin, stdout } = terminal;
  const interactive = stdin.isTTY && stdout.isTTY;
  const talk = new Conversation(opened.model, opened.args, chat.system);
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    const { busy } = talk;
    talk.interrupt();
    if (!interactive) typing.close();
    else if (!busy) typing.interrupt();
  };
  const typing = new Typing({ stdin, stdout }, interactive, interrupt);
  // Everybody but a terminal in raw mode gives a signal.
  process.on('SIGINT', interrupt);
  try {
    if (interactive && !chat.once) stdout.write(`Talking to ${opened.name}; /help lists the commands.\n`);
    const tell = (error: unknown): void => {
      if (!interactive || chat.once) throw error;
      reportFailure(error, terminal, false);
    };
    typing.prompt();
    for await (const message of typing.messages(chat.once && !interactive)) {
      const said = interactive && !chat.once ? obey(message, talk, stdout) : message;
      if (said === 'exit') break;
      if (typeof said === 'string' && said.trim() !== '') await answer(talk, said, terminal, interactive).catch(tell);
      else if (typeof said === 'object') await answer(talk, said.again, terminal, interactive).catch(tell);
      else if (chat.once) throw new UsageError('There is nothing to ask; type a message, or pipe one in.');
      if (!interactive && interrupted) return 130;
      if (chat.once) break;
      typing.prompt();
    }
    return !interactive && interrupted ? 130 : 0;
  } finally {
    typing.close();
    process.off('SIGINT', interrupt);
  }
}

/** Does what a command says. @returns the message where it is none, what is to be answered again, or `exit` */
function obey(line: string, talk: Conversation, stdout: NodeJS.WriteStream): string | { again: string } | undefined {
  const [, name, rest = ''] = /^\/(\w+)\s*([^]*)$/.exec(line.trim()) ?? [];
  if (name === undefined) return line;
  if (name === 'exit' || name === 'quit') return 'exit';
  if (name === 'clear') talk.restart();
  else if (name === 'system' && rest !== '') talk.restart(rest);
  else if (name === 'retry') {
    const again = talk.takeBack();
    if (again !== undefined) return { again };
    stdout.write('There is nothing to answer again.\n');
  } else stdout.write(help);
  return undefined;
}

async function answer(talk: Conversation, message: string, terminal: Terminal, interactive: boolean): Promise<void> {
  const { stdout, env } = terminal;
  const pieces = talk.say(message);
  let last = '\n';
  let next = await pieces.next();
  while (next.done !== true) {
    // What a model writes must not steer the terminal.
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    const text = interactive ? next.value.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '') : next.value;
    stdout.write(text);
    last = text.at(-1) ?? last;
    next = await pieces.next();
  }
  if (next.value === 'interrupted' && interactive) stdout.write(painter(stdout, env)('dim', ' (stopped)\n'));
  else if (last !== '\n') stdout.write('\n');
}
