import type { InfillTokens, Tokenizer } from '../../../contract/tokens.ts';
import { createFraming } from './framing.ts';
import type { OnnxFolder } from '../folder/folder.ts';

/** Texts of tokens that end a turn or a text in one model family or another (llama.cpp, llama-vocab.cpp: special_eog_ids). */
const ends = [
  '<|eot_id|>',
  '<|im_end|>',
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<|flush|>',
  '<|calls|>',
  '<end_of_turn>',
  '<|endoftext|>',
  '</s>',
  '<|eom_id|>',
  '<EOT>',
  '_<EOT>',
  '[EOT]',
  '[EOS]',
  '<|end_of_text|>',
  '<end_of_utterance>',
  '<turn|>',
  '<｜end▁of▁sentence｜>',
];

/** Names of the marks of fill-in-the-middle, as llama.cpp knows them. */
const infillNames = {
  prefix: ['<|fim_prefix|>', '<fim-prefix>', '<fim_prefix>', '<｜fim▁begin｜>', '<PRE>', '▁<PRE>', '<|code_prefix|>'],
  suffix: ['<|fim_suffix|>', '<fim-suffix>', '<fim_suffix>', '<｜fim▁hole｜>', '<SUF>', '▁<SUF>', '<|code_suffix|>'],
  middle: ['<|fim_middle|>', '<fim-middle>', '<fim_middle>', '<｜fim▁end｜>', '<MID>', '▁<MID>', '<|code_middle|>'],
  project: ['<|fim_repo|>', '<|repo_name|>', '<fim-repo>', '<REPO>', '<reponame>'],
  file: ['<|file_sep|>'],
  pad: ['<|fim_pad|>', '<fim-pad>', '<fim_pad>', '<PAD>', '[PAD]'],
};

/**
 * Which tokens begin and end a text, and which mark an infill. A prompt begins with BOS where the tokenizer's post-processor
 * puts one, or tokenizer_config.json says so (`add_bos_token`), as in Transformers.
 * @param ids ids of special and added tokens by their names
 */
export function tokenRoles(folder: OnnxFolder, ids: ReadonlyMap<string, number>): Tokenizer['special'] {
  const { tokenizerConfig, endIds } = folder;
  const bosText = textOf(tokenizerConfig.bos_token);
  const eosText = textOf(tokenizerConfig.eos_token);
  const asked = tokenizerConfig.add_bos_token;
  const bos =
    asked === false
      ? undefined
      : (onlyOne(createFraming(folder.tokenizer).before) ?? (asked ? ids.get(bosText) : undefined));
  return { bos, bosText, eosText, eog: endTokens([...endIds], eosText, ids), infill: infillTokens(ids) };
}

function textOf(token: string | { content: string } | null | undefined): string {
  return typeof token === 'string' ? token : (token?.content ?? '');
}

function endTokens(endIds: number[], eosText: string, ids: ReadonlyMap<string, number>): Set<number> {
  // A new file or project, or padding, is the end of what was asked for.
  const names = [eosText, ...ends, ...infillNames.project, ...infillNames.file, ...infillNames.pad];
  const all = new Set([...endIds, ...names.flatMap((name) => ids.get(name) ?? [])]);
  // gpt-oss ends its thoughts with <|end|> and goes on; its turn ends with one of the other two.
  const end = ids.get('<|end|>');
  if (end !== undefined && ids.has('<|return|>') && ids.has('<|call|>')) all.delete(end);
  return all;
}

function infillTokens(ids: ReadonlyMap<string, number>): InfillTokens | undefined {
  const first = (names: readonly string[]): number | undefined => names.flatMap((name) => ids.get(name) ?? [])[0];
  const [prefix, suffix, middle] = [infillNames.prefix, infillNames.suffix, infillNames.middle].map(first);
  if (prefix === undefined || suffix === undefined || middle === undefined) return undefined;
  return { prefix, suffix, middle, project: first(infillNames.project), file: first(infillNames.file) };
}

/** A prompt begins with one token at most here; models that want several have them in their chat template. */
function onlyOne(ids: readonly number[]): number | undefined {
  return ids.length === 1 ? ids[0] : undefined;
}
