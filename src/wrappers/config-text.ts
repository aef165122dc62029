import { type Node, type ParseError, getNodeValue, parseTree, printParseErrorCode } from 'jsonc-parser';
import { parseDocument } from 'yaml';
import { InferenceError } from '../contract/errors.ts';

/** What a text held, and sentences about what was mended in it. */
export interface ReadText {
  content: unknown;
  warnings: string[];
}

/**
 * Reads JSON, with comments and trailing commas, or YAML. A missing comma between two lines of JSON is mended with a warning:
 * the tutorial's own example lacks one.
 * @param source what the text is called in errors: its path
 * @param form by the ending of its file
 * @throws InferenceError invalid_request with the line
 */
export function readConfigText(text: string, source: string, form: 'json' | 'yaml'): ReadText {
  const plain = text.replace(/^\uFEFF/, '');
  return form === 'yaml' ? readYaml(plain, source) : readJson(plain, source);
}

function readYaml(text: string, source: string): ReadText {
  const document = parseDocument(text, { logLevel: 'error' });
  const [error] = document.errors;
  if (error) {
    const [reason] = error.message.split('\n');
    throw refusal(`${source} is not valid YAML: ${(reason ?? '').replace(/[:.]$/, '')}.`);
  }
  return { content: document.toJS(), warnings: [] };
}

function readJson(text: string, source: string): ReadText {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const warnings: string[] = [];
  for (const error of errors) {
    const code = printParseErrorCode(error.error);
    const line = text.slice(0, error.offset).split('\n').length;
    if (code !== 'CommaExpected' || !followsValue(root, error.offset)) {
      throw refusal(`${source} is not valid JSON: line ${line}: ${spoken[code] ?? code}.`);
    }
    const before = text.slice(0, error.offset).trimEnd().split('\n').length;
    warnings.push(`${source} lacks a comma at the end of line ${before}; it was read as if it were there.`);
  }
  if (root === undefined) throw refusal(`${source} is empty; it holds a model config or a list of them.`);
  refuseTwins(root, text, source);
  return { content: getNodeValue(root), warnings };
}

const spoken: Readonly<Record<string, string>> = {
  InvalidSymbol: 'there is a word that is no JSON; texts stand in double quotes',
  InvalidNumberFormat: 'there is a number that is no JSON',
  PropertyNameExpected: 'a key in double quotes is missing',
  ValueExpected: 'a value is missing',
  ColonExpected: 'a colon is missing behind a key',
  CommaExpected: 'a comma is missing',
  CloseBraceExpected: 'a } is missing',
  CloseBracketExpected: 'a ] is missing',
  EndOfFileExpected: 'something follows the end of the JSON; several configs stand in a list, between [ and ]',
  UnexpectedEndOfString: 'a text does not end on its line',
  UnexpectedEndOfComment: 'a comment does not end',
  InvalidCharacter: 'there is a character that does not belong there',
  InvalidEscapeCharacter: 'there is an escape that JSON does not know',
  InvalidUnicode: 'there is a \\u without four hexadecimal digits',
};

/** Whether a value or a property of the tree begins where the comma was missed, so that nothing was lost. */
function followsValue(root: Node | undefined, offset: number): boolean {
  if (root === undefined) return false;
  return root.offset === offset || (root.children ?? []).some((child) => followsValue(child, offset));
}

/** JSON.parse keeps the last of two equal keys without a word. */
function refuseTwins(node: Node, text: string, source: string): void {
  const seen = new Set<unknown>();
  for (const child of node.children ?? []) {
    const [key] = node.type === 'object' ? (child.children ?? []) : [];
    if (key !== undefined && seen.has(key.value)) {
      const line = text.slice(0, key.offset).split('\n').length;
      throw refusal(`${source}: line ${line}: ${String(key.value)} stands twice in one object; keep one.`);
    }
    if (key !== undefined) seen.add(key.value);
    refuseTwins(child, text, source);
  }
}

function refusal(message: string): InferenceError {
  return new InferenceError('invalid_request', message, { param: 'modelConfigs' });
}
