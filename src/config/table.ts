import { envName, flagName } from './names.ts';
import { defaultText } from './setting.ts';
import { declarationOf, settingNames, type SettingName } from './settings.ts';

/** The README's table of settings, in Markdown, a line each, ending with a newline. */
export function settingsTable(): string {
  const rows = settingNames.map(row);
  return ['| flag | variable | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function row(name: SettingName): string {
  const declaration = declarationOf(name);
  const flags = [flagName(name), ...(declaration.aliases ?? [])].map((flag) => `\`--${flag}\``).join(', ');
  const cells = [flags, `\`${envName(name)}\``, defaultText(declaration), declaration.help];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
