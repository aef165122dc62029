/**
 * How a model writes calls of tools. A turn is text, then calls:
 * `mark first call (next call)* last`, where a call is `open name middle arguments close`.
 */
export interface ToolFormat {
  name: string;
  /** What a template contains that has this syntax. */
  has: readonly string[];
  /** What such a template does not contain: a later syntax with the same mark. */
  lacks: readonly string[];
  /** Begins the calls; text before them never contains it. */
  mark: string;
  /** Where the mark stands: a mark of plain JSON counts at the beginning of the turn alone. */
  where: 'anywhere' | 'beginning';
  first: string;
  open: string;
  middle: string;
  close: string;
  /** Between two calls; undefined where a turn has one call. */
  next?: string;
  last: string;
  /** Templates that want ids of so many letters and digits refuse others. */
  idLength?: number;
}

/** The syntax of Hermes and Qwen, which models without one of their own are taught in a system message. */
export const hermes: ToolFormat = {
  name: 'hermes',
  has: ['<tool_call>', 'arguments'],
  lacks: ['<function=', '<arg_key>'],
  mark: '<tool_call>',
  where: 'anywhere',
  first: '',
  open: '\n{"name": "',
  middle: '", "arguments": ',
  close: '}\n</tool_call>',
  next: '\n<tool_call>',
  last: '',
};

/**
 * The syntaxes that are known; the first that fits counts. Sources: the chat templates of the models that are named, and
 * vLLM's parsers of the same names (docs.vllm.ai, "Tool Calling").
 */
export const toolFormats: readonly ToolFormat[] = [
  // NousResearch Hermes 2 Pro and 3, Qwen 2.5 and 3, SmolLM3
  hermes,
  // Llama 3.1, 3.2 and 3.3: one call a turn, and nothing but the call
  {
    name: 'llama3',
    has: ['<|start_header_id|>', 'ipython', '"parameters":'],
    lacks: [],
    mark: '{"name": "',
    where: 'beginning',
    first: '',
    open: '',
    middle: '", "parameters": ',
    close: '}',
    last: '',
  },
  // Mistral Small 3.2, Magistral and Devstral (tokenizer v11 on)
  {
    name: 'mistral-args',
    has: ['[TOOL_CALLS]', '[ARGS]'],
    lacks: ['[CALL_ID]'],
    mark: '[TOOL_CALLS]',
    where: 'anywhere',
    first: '',
    open: '',
    middle: '[ARGS]',
    close: '',
    next: '[TOOL_CALLS]',
    last: '',
    idLength: 9,
  },
  // Mistral 7B v0.3 (tokenizer v3, SentencePiece)
  {
    name: 'mistral-v3',
    has: ['[TOOL_CALLS] ['],
    lacks: ['[ARGS]'],
    mark: '[TOOL_CALLS]',
    where: 'anywhere',
    first: ' [',
    open: '{"name": "',
    middle: '", "arguments": ',
    close: '}',
    next: ', ',
    last: ']',
    idLength: 9,
  },
  // Mistral Nemo, Large, Small 3.1 (tokenizers v3-tekken and v7)
  {
    name: 'mistral',
    has: ['[TOOL_CALLS]'],
    lacks: ['[ARGS]'],
    mark: '[TOOL_CALLS]',
    where: 'anywhere',
    first: '[',
    open: '{"name": "',
    middle: '", "arguments": ',
    close: '}',
    next: ', ',
    last: ']',
    idLength: 9,
  },
  // DeepSeek V3 and R1
  {
    name: 'deepseek-v3',
    has: ['<｜tool▁calls▁begin｜>', '<｜tool▁sep｜>', '```json'],
    lacks: [],
    mark: '<｜tool▁calls▁begin｜>',
    where: 'anywhere',
    first: '',
    open: '<｜tool▁call▁begin｜>function<｜tool▁sep｜>',
    middle: '\n```json\n',
    close: '\n```<｜tool▁call▁end｜>',
    next: '\n',
    last: '<｜tool▁calls▁end｜>',
  },
  // DeepSeek V3.1
  {
    name: 'deepseek-v3.1',
    has: ['<｜tool▁calls▁begin｜>', '<｜tool▁sep｜>'],
    lacks: ['```json'],
    mark: '<｜tool▁calls▁begin｜>',
    where: 'anywhere',
    first: '',
    open: '<｜tool▁call▁begin｜>',
    middle: '<｜tool▁sep｜>',
    close: '<｜tool▁call▁end｜>',
    next: '',
    last: '<｜tool▁calls▁end｜>',
  },
];

/** The syntax that a template teaches; undefined for one that knows no tools, or only in a syntax that is not known here. */
export function toolFormatOf(template: string): ToolFormat | undefined {
  if (!/\btools\b/.test(template)) return undefined;
  return toolFormats.find(
    ({ has, lacks }) => has.every((text) => template.includes(text)) && !lacks.some((text) => template.includes(text)),
  );
}
