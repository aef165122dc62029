import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readArguments } from '../../src/cli/arguments.ts';
import { benchFlags } from '../../src/config/bench-settings.ts';
import { flagName } from '../../src/config/names.ts';
import { resolveSettings, type Flags } from '../../src/config/resolve.ts';
import { groups } from '../../src/config/setting.ts';
import { declarationOf, settingNames } from '../../src/config/settings.ts';
import { UsageError } from '../../src/config/usage-error.ts';

function flags(...args: string[]): Flags {
  const command = readArguments(['serve', ...args], '1.2.3');
  assert.equal(command.name, 'serve');
  return command.name === 'serve'
    ? Object.fromEntries(Object.entries(command.flags).filter(([, raw]) => raw !== undefined))
    : {};
}

function printed(...args: string[]): string {
  const command = readArguments(args, '1.2.3');
  return command.name === 'print' ? command.text : '';
}

test('values are left as texts', () => {
  assert.deepEqual(flags('--port', '080', '--temperature=0', '--host', ''), {
    port: '080',
    temperature: '0',
    host: '',
  });
});

test('every setting has a flag', () => {
  for (const name of settingNames) {
    const toggle = declarationOf(name).toggle === true;
    const written = toggle ? [`--${flagName(name)}`] : [`--${flagName(name)}`, 'x'];
    assert.deepEqual(flags(...written), { [name]: toggle ? true : 'x' });
  }
});

test("the old script's spellings work as they are", () => {
  assert.deepEqual(flags('--model_name_or_path', 'a.gguf', '--device', 'cpu', '--port', '8000'), {
    model: 'a.gguf',
    device: 'cpu',
    port: '8000',
  });
});

test('a repeated flag keeps all its values, whatever it is called', () => {
  assert.deepEqual(flags('--api-key', 'a', '--api-key=b'), { apiKey: ['a', 'b'] });
  assert.deepEqual(flags('--model', 'a', '--model_name_or_path', 'b'), { model: ['a', 'b'] });
  assert.throws(
    () => resolveSettings(flags('--port', '1', '--port', '2'), {}),
    new UsageError('--port was given 2 times; give it once.'),
  );
});

test('a negative number is a value, which its check refuses', () => {
  assert.deepEqual(flags('--temperature', '-1'), { temperature: '-1' });
});

test('a value that begins with a dash is written with =', () => {
  assert.deepEqual(flags('--api-key=-abc'), { apiKey: '-abc' });
});

const refused: [string[], string][] = [
  [['serve', '--prot', '1'], 'Unknown option --prot; did you mean --port?'],
  [['serve', '--prot=1'], 'Unknown option --prot; did you mean --port?'],
  [['serve', '--maxQueue', '1'], 'Unknown option --maxQueue; did you mean --max-queue?'],
  [['serve', '--max_queue', '1'], 'Unknown option --max_queue; did you mean --max-queue?'],
  [['serve', '--no-port'], 'Unknown option --no-port; did you mean --port?'],
  [['serve', '--tokenizer', 'x'], 'Unknown option --tokenizer; hearth serve --help shows what there is.'],
  [['serve', '-port', '1'], 'Unknown option -port; did you mean --port?'],
  [['serve', '-x'], 'Unknown option -x; hearth serve --help shows what there is.'],
  [['serve', '--port'], '--port needs a value; one that begins with a dash is written --port=VALUE.'],
  [['serve', '--port', '--host', 'x'], '--port needs a value; one that begins with a dash is written --port=VALUE.'],
  [['serve', 'my.gguf'], 'Unexpected argument my.gguf; did you mean --model my.gguf?'],
  [
    ['serve', '8001'],
    'Unexpected argument 8001; options are written --name VALUE, and through npm after a --, as in npm run serve -- --port 8001.',
  ],
  [['srve'], 'Unknown command srve; did you mean serve?'],
  [['chat'], 'Unknown command chat; hearth --help shows what there is.'],
  [['bench', '--client', '1'], 'Unknown option --client; did you mean --clients?'],
  [['bench', '--port', '1'], 'Unknown option --port; did you mean --plot?'],
  [['bench', '--zzz'], 'Unknown option --zzz; hearth bench --help shows what there is.'],
  [['bench', '--requests'], '--requests needs a value; one that begins with a dash is written --requests=VALUE.'],
  [['bench', 'my.gguf'], 'my.gguf is no URL; did you mean --model my.gguf?'],
  [
    ['bench', 'http://a/v1', 'http://b/v1'],
    'Unexpected argument http://b/v1; one URL is measured at a time, and options are written --name VALUE.',
  ],
  [['bnech'], 'Unknown command bnech; did you mean bench?'],
  [['--port', '1'], 'The command is missing; did you mean hearth serve …?'],
];
for (const [args, message] of refused) {
  test(`refuses: hearth ${args.join(' ')}`, () => {
    assert.throws(() => readArguments(args, '1.2.3'), new UsageError(message));
  });
}

test('the version is printed alone', () => {
  assert.equal(printed('--version'), '1.2.3');
  assert.equal(printed('serve', '--version'), '1.2.3');
});

test('the list of commands is printed where none is named', () => {
  const help = printed('--help');
  assert.equal(printed(), help);
  assert.equal(printed('-h'), help);
  assert.match(help, /\n {2}hearth serve +loads .*\n {2}hearth bench \[URL\] +measures .*\n/);
  assert.doesNotMatch(help, /--port|--clients/);
});

test('a command that is named has its flags wherever they stand', () => {
  const command = readArguments(['--clients', '2', 'bench', '--json', 'http://a/v1', '--seed=1'], '1.2.3');
  assert.ok(command.name === 'bench');
  assert.equal(command.url, 'http://a/v1');
  const given = Object.entries(command.flags).filter(([, raw]) => raw !== undefined);
  assert.deepEqual(Object.fromEntries(given), { clients: '2', json: true, seed: '1' });
});

const pages = [
  { command: 'serve', groups, names: settingNames as readonly string[] },
  { command: 'bench', groups: ['Load', 'Prompts', 'Server', 'Model', 'Report'], names: Object.keys(benchFlags) },
];
for (const page of pages) {
  test(`the help of ${page.command} shows every flag under its group, in order, within 80 columns`, () => {
    const help = printed(page.command, '--help');
    assert.equal(printed(page.command, '-h'), help);
    assert.ok(help.startsWith(`Usage: hearth ${page.command} `));
    for (const line of help.split('\n')) assert.ok(line.length <= 80, line);
    const places = page.groups.map((group) => help.indexOf(`\n${group}:\n`));
    assert.ok(
      places.every((place, index) => place > (places[index - 1] ?? 0)),
      String(places),
    );
    for (const name of page.names) assert.match(help, new RegExp(`^ +--${flagName(name)}[ ,]`, 'm'));
    assert.doesNotMatch(help, /\[string\]|\[array\]|\[boolean\]/);
  });
}

test('the help says what a flag does and its default', () => {
  assert.match(printed('serve', '--help'), /--port +port to listen on; 0 picks a free one \(default: 8000\)/);
  assert.match(printed('bench', '--help'), /--json +print the results as JSON, and nothing else, on stdout\n/);
});
