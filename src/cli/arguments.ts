import yargs, { type Argv } from 'yargs';
import { flagName, nearestName } from '../config/names.ts';
import { defaultText, type Setting } from '../config/setting.ts';
import { UsageError } from '../config/usage-error.ts';
import { benchSyntax } from './bench-syntax.ts';
import { chatSyntax } from './chat-syntax.ts';
import { hubSyntaxes } from './hub-syntax.ts';
import { serveSyntax } from './serve-syntax.ts';
import type { Syntax, Written } from './syntax.ts';

const commands = [serveSyntax, chatSyntax, benchSyntax, ...hubSyntaxes] as const;
const commandNames = commands.map(({ name }) => name);

/** What the command line asks for. */
export type Command = ReturnType<(typeof commands)[number]['read']> | { name: 'print'; text: string };

const overview = `Usage: hearth COMMAND [options]

A local model server for GGUF files.`;

const overviewEnd = 'hearth COMMAND --help prints the options of a command.';

/**
 * Reads the command line; values are left as texts for the settings to check.
 * @param args without node and the script
 * @throws UsageError one sentence, with the nearest name where one is not known
 */
export function readArguments(args: readonly string[], version: string): Command {
  const named = commands.find(({ name }) => name === args.find((arg) => commandNames.includes(arg)));
  const syntax = named ?? serveSyntax;
  const parser = createParser(version, syntax.declarations, named);
  const { argv, output } = parse(parser, args.length === 0 ? ['--help'] : args);
  if (output !== '') return { name: 'print', text: output };
  const words = readWords(argv);
  checkOptions(Object.keys(argv), args, syntax);
  return syntax.read(readWritten(argv, syntax), words);
}

function parse(parser: Argv, args: readonly string[]): { argv: Record<string, unknown>; output: string } {
  let output = '';
  try {
    const argv = parser.parseSync([...args], {}, (_error, _argv, text) => {
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

/** @param page the command whose help it prints; undefined for the list of commands, without flags */
function createParser(version: string, declarations: Syntax<unknown>['declarations'], page?: Syntax<unknown>): Argv {
  const parser = withoutTypes(yargs())
    .scriptName('hearth')
    .usage(page?.usage ?? overview)
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
  for (const [name, declaration] of Object.entries(declarations)) {
    parser.option(flagName(name), {
      ...(declaration.toggle === true ? { boolean: true } : { string: true, requiresArg: true }),
      ...(page === undefined ? { hidden: true } : { group: `${declaration.group}:` }),
      alias: [...(declaration.aliases ?? [])],
      describe: describe(declaration),
    });
  }
  if (page === undefined) for (const { synopsis, summary } of commands) parser.command(synopsis, summary);
  return parser
    .help('help', 'print this help')
    .alias('h', 'help')
    .version('version', 'print the version', version)
    .group(['help', 'version'], 'Other:')
    .epilogue(page?.epilogue ?? overviewEnd);
}

function describe(declaration: Setting<unknown>): string {
  return declaration.toggle === true ? declaration.help : `${declaration.help} (default: ${defaultText(declaration)})`;
}

/** Keeps "[string]" out of the help; @types/yargs does not know the method yet. */
function withoutTypes(parser: Argv): Argv {
  return (parser as Argv & { usageConfiguration(options: { 'hide-types': boolean }): Argv }).usageConfiguration({
    'hide-types': true,
  });
}

/** The words behind the command that are no flags. */
function readWords(argv: Record<string, unknown>): string[] {
  const [command, ...words] = Array.isArray(argv['_']) ? argv['_'].map(String) : [];
  if (command === undefined) throw new UsageError('The command is missing; did you mean hearth serve …?');
  if (!commandNames.includes(command)) {
    const meant = nearestName(command, commandNames);
    throw new UsageError(
      `Unknown command ${command}; ${meant === undefined ? 'hearth --help shows what there is.' : `did you mean ${meant}?`}`,
    );
  }
  return words;
}

function readWritten(argv: Record<string, unknown>, { declarations }: Syntax<unknown>): Written {
  return Object.fromEntries(Object.keys(declarations).map((name) => [name, argv[flagName(name)]]));
}

function checkOptions(written: readonly string[], args: readonly string[], syntax: Syntax<unknown>): void {
  const { name: command, declarations } = syntax;
  const known = Object.entries(declarations).flatMap(([name, { aliases }]) => [flagName(name), ...(aliases ?? [])]);
  const unknown = written.find((key) => key !== '_' && key !== '$0' && !known.includes(key));
  if (unknown === undefined) return;
  // `-port 1` is read as -p -o -r -t.
  const dashed = unknown.length > 1 ? undefined : args.find((arg) => /^-[a-z]/i.test(arg) && arg.includes(unknown));
  const option = dashed ?? `--${unknown}`;
  const meant = nearestName(option.replace(/^-+|=.*$/g, ''), known);
  const hint = meant === undefined ? `hearth ${command} --help shows what there is.` : `did you mean --${meant}?`;
  throw new UsageError(`Unknown option ${option}; ${hint}`);
}
