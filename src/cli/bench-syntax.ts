import { benchFlags } from '../config/bench-settings.ts';
import type { BenchFlags } from '../config/resolve-bench.ts';
import { UsageError } from '../config/usage-error.ts';
import type { Syntax } from './syntax.ts';

const usage = `Usage: hearth bench [URL] [options]

Measures throughput and latency under load: of a server, by its OpenAI base
(http://host:port/v1) or its /llm/ URL, or, without a URL, of a model that is
loaded into this process.`;

const epilogue = `Examples:
  hearth bench
      the embedded model in this process, with 1, 4 and 8 clients
  hearth bench http://127.0.0.1:8000/v1 --clients 1,2,4,8,16 --plot load.svg
      a running server, also llama-server or vLLM, with a drawing
  hearth bench http://127.0.0.1:8000/v1 --workload agents --clients 8 --json
      8 agents that share a system prompt, as JSON

Answers are greedy and always --max-tokens long. Tokens count when they arrive
within a level's duration. /llm/ is not streamed: its first token is its last,
and its answers count when they are whole, so give it --requests or a long
--duration. A model in this process also follows the HEARTH_ variables.

Exit codes: 0 measured, 1 every request failed or nobody answered, 2 bad usage.`;

export const benchSyntax: Syntax<{ name: 'bench'; flags: BenchFlags; url: string | undefined }> = {
  name: 'bench',
  synopsis: 'bench [URL]',
  summary: 'measures a server, or a model in this process, under load',
  usage,
  epilogue,
  declarations: benchFlags,
  read(written, [url, extra]) {
    if (url?.endsWith('.gguf') === true) throw new UsageError(`${url} is no URL; did you mean --model ${url}?`);
    if (extra !== undefined) {
      const hint = 'one URL is measured at a time, and options are written --name VALUE.';
      throw new UsageError(`Unexpected argument ${extra}; ${hint}`);
    }
    // yargs gives texts, and booleans where a flag is declared as a toggle.
    return { name: 'bench', flags: written, url };
  },
};
