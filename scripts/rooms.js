// Who may import whom, as an oxlint plugin (JavaScript, since oxlint on Node 20 loads no TypeScript).
// A room is a folder of src, or a file at its top. A room may always import its own files; all else stands here.
import { isBuiltin } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';

/** The parts meet in compose.ts and in what it is made of. */
const joined = [
  'config',
  'contract',
  'dialects',
  'engines',
  'http',
  'hub',
  'prompt-cache',
  'response-store',
  'runtime',
  'scheduling',
  'telemetry',
];

/** @type {Record<string, { rooms: string[], packages: string[], node: boolean }>} */
export const rooms = {
  contract: { rooms: [], packages: [], node: false },
  config: { rooms: ['contract'], packages: ['fastest-levenshtein', 'yaml', 'zod'], node: true },
  dialects: { rooms: ['contract'], packages: ['zod'], node: false },
  http: { rooms: ['contract', 'dialects', 'telemetry'], packages: ['cors', 'express'], node: true },
  runtime: { rooms: ['contract', 'grammar', 'scheduling'], packages: ['@huggingface/jinja'], node: true },
  scheduling: { rooms: ['contract'], packages: [], node: false },
  grammar: { rooms: ['contract'], packages: [], node: false },
  engines: {
    rooms: ['contract', 'grammar'],
    packages: ['@huggingface/tokenizers', '@huggingface/transformers', 'node-llama-cpp', 'onnxruntime-node', 'zod'],
    node: true,
  },
  'prompt-cache': { rooms: ['contract'], packages: ['zod'], node: true },
  'response-store': { rooms: ['contract'], packages: [], node: false },
  telemetry: { rooms: ['contract'], packages: ['pino', 'pino-pretty', 'prom-client'], node: true },
  bench: { rooms: ['contract'], packages: [], node: true },
  hub: { rooms: ['contract'], packages: ['@huggingface/gguf', 'undici', 'zod'], node: true },
  // `config` for its nearest names and reasons: wrong keys of all files are told alike.
  agents: { rooms: ['contract', 'wrappers'], packages: [], node: true },
  wrappers: { rooms: ['config', 'contract'], packages: ['jsonc-parser', 'openai', 'yaml', 'zod'], node: true },
  cli: {
    rooms: ['bench', 'compose.ts', 'config', 'contract', 'hub', 'library', 'telemetry'],
    packages: ['cli-progress', 'pino', 'yargs'],
    node: true,
  },
  compose: { rooms: joined, packages: [], node: true },
  'compose.ts': { rooms: [...joined, 'compose'], packages: [], node: true },
  adapters: { rooms: ['contract'], packages: ['@ai-sdk/provider', '@langchain/core'], node: false },
  // What the package offers: its face, and what needs a loaded model or the configs of the process.
  library: {
    rooms: ['agents', 'compose.ts', 'config', 'contract', 'http', 'runtime', 'telemetry', 'wrappers'],
    packages: ['express', 'zod'],
    node: true,
  },
  'index.ts': {
    rooms: ['agents', 'config', 'contract', 'library', 'telemetry', 'wrappers'],
    packages: [],
    node: false,
  },
};

/** @param {string} specifier @returns the package's name: `node-llama-cpp`, `@huggingface/jinja` */
const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/**
 * Why a file of src may not import something.
 * @param {string} src the absolute path of src
 * @param {string} file the absolute path of the importing file
 * @param {string} specifier what stands after `from`
 * @returns {string | undefined} a sentence, or undefined where it may
 */
export function refusal(src, file, specifier) {
  const room = relative(src, file).split(sep)[0] ?? '';
  const rule = rooms[room];
  if (rule === undefined)
    return `src/${room} is a room that scripts/rooms.js does not know: say there what it may import.`;
  if (specifier.startsWith('.')) {
    const target = relative(src, resolve(dirname(file), specifier)).split(sep)[0] ?? '';
    if (target === room || rule.rooms.includes(target)) return undefined;
    return `${room} may not import ${target === '..' ? specifier : target} (scripts/rooms.js).`;
  }
  const allowed = isBuiltin(specifier) ? rule.node : rule.packages.includes(packageOf(specifier));
  return allowed ? undefined : `${room} may not import ${specifier} (scripts/rooms.js).`;
}

/**
 * @param {{ filename: string, cwd: string, report(problem: { node: unknown, message: string }): void }} context
 */
function create(context) {
  const src = resolve(context.cwd, 'src');
  /** @param {{ source: { type: string, value: unknown } | null }} node */
  const check = ({ source }) => {
    if (source === null) return;
    const message =
      typeof source.value === 'string'
        ? refusal(src, context.filename, source.value)
        : 'An import names its file: one that is computed escapes scripts/rooms.js.';
    if (message !== undefined) context.report({ node: source, message });
  };
  return {
    ImportDeclaration: check,
    ExportAllDeclaration: check,
    ExportNamedDeclaration: check,
    ImportExpression: check,
    TSImportType: check,
  };
}

export default { meta: { name: 'rooms' }, rules: { imports: { create } } };
