import { chatFlags } from '../config/chat-settings.ts';
import type { ChatFlags } from '../config/resolve-chat.ts';
import { UsageError } from '../config/usage-error.ts';
import type { Syntax } from './syntax.ts';

const usage = `Usage: hearth chat [TARGET] [options]

Talks to a model in the terminal: to a server, by its OpenAI base
(http://host:port/v1) or its /llm/ URL, to a config of --model-configs, by its
name, or to a model that is loaded into this process.`;

const epilogue = `Examples:
  hearth chat
      the embedded model in this process
  hearth chat http://127.0.0.1:8000/v1 --system "Answer in one sentence."
      a running server
  hearth chat gpt-4 --model-configs model_configs.json
      a config of AgentScope's
  echo "What is a hearth?" | hearth chat --once
      one question, its answer on stdout

Ctrl-C stops an answer, Ctrl-D leaves. A line that ends with a backslash goes on
in the next. Lines that begin with a slash are commands; /help lists them. Lines
of a pipe are asked one after the other.

Exit codes: 0 answered, 1 failed, 2 bad usage, 130 stopped by Ctrl-C in a pipe.`;

export const chatSyntax: Syntax<{ name: 'chat'; flags: ChatFlags; target: string | undefined }> = {
  name: 'chat',
  synopsis: 'chat [TARGET]',
  summary: 'talks to a server, a config or a model in this process',
  usage,
  epilogue,
  declarations: chatFlags,
  read(written, [target, extra]) {
    if (extra !== undefined)
      throw new UsageError(
        `Unexpected argument ${extra}; one TARGET is talked to, and options are written --name VALUE.`,
      );
    // yargs gives texts, and booleans where a flag is declared as a toggle.
    return { name: 'chat', flags: written, target };
  },
};
