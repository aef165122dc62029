import yargs, { type Argv } from 'yargs';
import { flagName, nearestName } from '../config/names.ts';
import type { Flags } from '../config/resolve.ts';
import { defaultText } from '../config/setting.ts';
import { declarationOf, settingNames } from '../config/settings.ts';
import { UsageError } from '../config/usage-error.ts';

/** What the command line asks for. */
export type Command = { name: 'serve'; flags: Flags } | { name: 'print'; text: string };

const commands = ['serve'];

const usage = `Usage: hearth serve [options]

Loads a GGUF model in this process and answers AgentScope's /llm/, OpenAI's /v1
and hosted-inference clients.`;

const examples = `Examples:
  hearth serve
      the embedded model on http://127.0.0.1:8000
  hearth serve --model ./my.gguf --device cuda:0 --host 0.0.0.0 --api-key KEY
      your own model on a GPU, for everybody on the network who has the key

Each option is also a HEARTH_ variable (HEARTH_MAX_QUEUE=64) and a key of the
config file (max-queue: 64). Flags win over variables, variables over the file.`;

/**
 * Reads the command line; values are left as texts for the settings to check.
 * @param args without node and the script
 * @throws UsageError one sentence, with the nearest name where one is not known
 */
export function readArguments(args: readonly string[], version: string): Command {
  const { argv, output } = parse(args.length === 0 ? ['--help'] : args, version);
  if (output !== '') return { name: 'print', text: output };
  checkCommand(argv);
  checkOptions(Object.keys(argv), args);
  const given = settingNames.map((name) => [name, argv[flagName(name)]]);
  // yargs gives a text, or texts for a repeated flag, since every option is declared so.
  return { name: 'serve', flags: Object.fromEntries(given) as Flags };
}

function parse(args: readonly string[], version: string): { argv: Record<string, unknown>; output: string } {
  let output = '';
  try {
    const argv = createParser(version).parseSync([...args], {}, (_error, _argv, text) => {
      output = text;
    });
    return { argv, output };
  } catch (error) {
    throw new UsageError(reworded(error instanceof Error ? error.message : String(error)), { cause: error });
  }
}

function reworded(message: string): string {
  const flag = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (flag === undefined) return `The command line cannot be read: ${message}.`;
  return `--${flag} needs a value; one that begins with a dash is written --${flag}=VALUE.`;
}

function createParser(version: string): Argv {
  const parser = withoutTypes(yargs())
    .scriptName('hearth')
    .usage(usage)
    .detectLocale(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .wrap(80)
    .exitProcess(false)
    .fail(false);
  for (const name of settingNames) {
    const declaration = declarationOf(name);
    parser.option(flagName(name), {
      string: true,
      requiresArg: true,
      group: `${declaration.group}:`,
      alias: [...(declaration.aliases ?? [])],
      describe: `${declaration.help} (default: ${defaultText(declaration)})`,
    });
  }
  return parser
    .help('help', 'print this help')
    .alias('h', 'help')
    .version('version', 'print the version', version)
    .group(['help', 'version'], 'Other:')
    .epilogue(examples);
}

/** Keeps "[string]" out of the help; @types/yargs does not know the method yet. */
function withoutTypes(parser: Argv): Argv {
  return (parser as Argv & { usageConfiguration(options: { 'hide-types': boolean }): Argv }).usageConfiguration({
    'hide-types': true,
  });
}

function checkCommand(argv: Record<string, unknown>): void {
  const words = Array.isArray(argv['_']) ? argv['_'].map(String) : [];
  const [command, extra] = words;
  if (command === undefined) throw new UsageError('The command is missing; did you mean hearth serve …?');
  if (!commands.includes(command)) {
    const meant = nearestName(command, commands);
    throw new UsageError(
      `Unknown command ${command}; ${meant === undefined ? 'hearth --help shows what there is.' : `did you mean ${meant}?`}`,
    );
  }
  if (extra !== undefined) {
    const hint = extra.endsWith('.gguf')
      ? `did you mean --model ${extra}?`
      : 'options are written --name VALUE, and through npm after a --, as in npm run serve -- --port 8001.';
    throw new UsageError(`Unexpected argument ${extra}; ${hint}`);
  }
}

function checkOptions(written: readonly string[], args: readonly string[]): void {
  const known = settingNames.flatMap((name) => [flagName(name), ...(declarationOf(name).aliases ?? [])]);
  const unknown = written.find((key) => key !== '_' && key !== '$0' && !known.includes(key));
  if (unknown === undefined) return;
  // `-port 1` is read as -p -o -r -t.
  const dashed = unknown.length > 1 ? undefined : args.find((arg) => /^-[a-z]/i.test(arg) && arg.includes(unknown));
  const option = dashed ?? `--${unknown}`;
  const meant = nearestName(option.replace(/^-+|=.*$/g, ''), known);
  const hint = meant === undefined ? 'hearth --help shows what there is.' : `did you mean --${meant}?`;
  throw new UsageError(`Unknown option ${option}; ${hint}`);
}
