import type { Flags } from '../config/resolve.ts';
import { declarations } from '../config/settings.ts';
import { UsageError } from '../config/usage-error.ts';
import type { Syntax } from './syntax.ts';

const usage = `Usage: hearth serve [MODEL…] [options]

Loads a GGUF model in this process and answers AgentScope's /llm/, OpenAI's /v1
and hosted-inference clients.`;

const epilogue = `Examples:
  hearth serve
      the embedded model on http://127.0.0.1:8000
  hearth serve hf:owner/repo:Q4_K_M
      a model of Hugging Face, fetched at the first start
  hearth serve --model ./my.gguf --device cuda:0 --host 0.0.0.0 --api-key KEY
      your own model on a GPU, for everybody on the network who has the key

Each option is also a HEARTH_ variable (HEARTH_MAX_QUEUE=64) and a key of the
config file (max-queue: 64). Flags win over variables, variables over the file.`;

export const serveSyntax: Syntax<{ name: 'serve'; flags: Flags }> = {
  name: 'serve',
  synopsis: 'serve [MODEL…]',
  summary: 'loads a GGUF model and serves it',
  usage,
  epilogue,
  declarations,
  read(written, words) {
    const extra = words.find((word) => !isModel(word));
    if (extra !== undefined) {
      const hint = 'options are written --name VALUE, and through npm after a --, as in npm run serve -- --port 8001.';
      throw new UsageError(`Unexpected argument ${extra}; ${hint}`);
    }
    const model = [written['model'] ?? [], words].flat();
    // yargs gives a text, or texts for a repeated flag; a toggle gives a boolean.
    const flags: Flags = written;
    return { name: 'serve', flags: words.length === 0 ? flags : { ...flags, model: model.map(String) } };
  },
};

/** Whether a word can only mean a model. */
function isModel(word: string): boolean {
  return /[/\\]|\.gguf$|^(hf|modelscope):/i.test(word);
}
