import { readFileSync } from 'node:fs';
import { UsageError } from '../config/usage-error.ts';
import { reasonOf } from '../config/reason.ts';
import type { Settings } from '../config/settings.ts';
import { chatTemplates } from '../runtime/chat-templates.ts';
import { templateFault } from '../runtime/prompt.ts';

/**
 * The chat template that the settings name, in Jinja: one of the table, or a file's.
 * @returns undefined where the model's own is to be used
 * @throws UsageError for a name that is not known, a file that cannot be read and one that is no template
 */
export function chatTemplateOf({ chatTemplate: given }: Pick<Settings, 'chatTemplate'>): string | undefined {
  if (given === undefined) return undefined;
  const known = chatTemplates.get(given.toLowerCase());
  if (known !== undefined) return known;
  let text: string;
  try {
    text = readFileSync(given, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new UsageError(
      `--chat-template ${given} cannot be read: ${reasonOf(error)}; name a Jinja file, or one of ${[...chatTemplates.keys()].join(', ')}.`,
      { cause: error },
    );
  }
  const fault = templateFault(text);
  if (fault === undefined) return text;
  throw new UsageError(`--chat-template ${given} is no chat template in Jinja: ${fault}.`);
}
