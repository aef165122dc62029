import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Tokenizer } from '../../src/contract/tokens.ts';
import { InferenceError } from '../../src/contract/errors.ts';
import { readOnnxFolder, type OnnxFolder } from '../../src/engines/onnx/folder/folder.ts';
import { createFraming } from '../../src/engines/onnx/tokenizer/framing.ts';
import { createOnnxTokenizer } from '../../src/engines/onnx/tokenizer/tokenizer.ts';
import { decoderFolder, fourWords, writeFolder, type FolderFiles } from '../support/onnx-folder.ts';

interface AddedToken {
  id: number;
  content: string;
  special: boolean;
}

interface Kind {
  tokenizer: { added_tokens: AddedToken[] };
  special: number[][];
  plain: number[][];
  single: number[];
  pair: number[];
  pairTypes: number[];
}

const { texts, kinds } = JSON.parse(readFileSync(new URL('../fixtures/tokenizers.json', import.meta.url), 'utf8')) as {
  texts: string[];
  kinds: Record<string, Kind>;
};

function open(tokenizer: unknown, config: object = {}, files: FolderFiles = {}): OnnxFolder {
  const all = { architectures: ['LlamaForCausalLM'], ...config };
  return readOnnxFolder(writeFolder(decoderFolder({ 'config.json': all, 'tokenizer.json': tokenizer, ...files })), {
    dtype: undefined,
    gpu: false,
  });
}

function tokenizerOf(kind: string, config: object = {}, files: FolderFiles = {}): Tokenizer {
  return createOnnxTokenizer(open(kinds[kind]?.tokenizer, config, files));
}

const everything = { special: true, continues: false };
const nothing = { special: false, continues: false };
const textOf = (tokenizer: Tokenizer, ids: readonly number[]): string =>
  Buffer.concat(ids.map((id) => tokenizer.bytes(id))).toString();

for (const [name, kind] of Object.entries(kinds)) {
  describe(`a tokenizer like that of ${name}`, () => {
    const tokenizer = tokenizerOf(name);

    test('gives the ids that the Rust library gives', () => {
      for (const [index, text] of texts.entries()) {
        assert.deepEqual(tokenizer.encode(text, everything), kind.special[index], JSON.stringify(text));
      }
    });

    test('leaves the names of special tokens text, as the Rust library does when told so', () => {
      const special = new Set(kind.tokenizer.added_tokens.filter((token) => token.special).map(({ id }) => id));
      const unknown = kind.tokenizer.added_tokens.find(({ content }) => /^.unk.$/i.test(content))?.id;
      for (const [index, text] of texts.entries()) {
        const ids = tokenizer.encode(text, { ...nothing, added: true });
        const expected = kind.plain[index] ?? [];
        // Where these names are pieces too, the Rust library still finds them.
        const found = expected.some((id) => special.has(id) && id !== unknown);
        if (!found) assert.deepEqual(ids, expected, JSON.stringify(text));
        assert.deepEqual(
          ids.filter((id) => special.has(id) && id !== unknown),
          [],
          JSON.stringify(text),
        );
      }
    });

    test('frames one input and two as the Rust library does', () => {
      const framing = createFraming(open(kind.tokenizer).tokenizer);
      const [first, second] = ['a word', "don't"].map((text) => tokenizer.encode(text, everything));
      assert.ok(first && second);
      assert.deepEqual(framing.framed(first), kind.single);
      assert.deepEqual(framing.framed(kind.single), kind.single);
      const { ids, types } = framing.paired(first, second);
      assert.deepEqual(ids, kind.pair);
      assert.deepEqual(types, kind.pairTypes);
    });
  });
}

test('bytes join to the text that was encoded', () => {
  for (const name of ['llama 3', 'qwen', 'gpt 2', 'starcoder', 'gemma']) {
    const tokenizer = tokenizerOf(name);
    for (const text of texts.filter((one) => name !== 'gemma' || !one.includes('▁'))) {
      const plain = name === 'qwen' ? text.normalize('NFC') : text;
      assert.equal(textOf(tokenizer, tokenizer.encode(text, nothing)), plain, `${name}: ${JSON.stringify(text)}`);
    }
  }
  const llama = tokenizerOf('llama 2');
  assert.equal(textOf(llama, llama.encode('naïve 😀', nothing)), ' naïve 😀');
  const bert = tokenizerOf('bert');
  assert.equal(textOf(bert, bert.encode('The Quick', nothing)), ' the quick');
});

test('special tokens and the unknown one have no bytes but a name, added ones are text', () => {
  const tokenizer = tokenizerOf('qwen');
  const [special] = tokenizer.encode('<|im_end|>', everything);
  const [added] = tokenizer.encode('<tool_call>', everything);
  assert.ok(special !== undefined && added !== undefined);
  assert.equal(textOf(tokenizer, [special]), '');
  assert.equal(tokenizer.specialText(special), '<|im_end|>');
  assert.equal(textOf(tokenizer, [added]), '<tool_call>');
  assert.deepEqual(tokenizer.specialTexts, ['<|begin_of_text|>', '<|im_end|>']);
  assert.ok(tokenizer.addedTexts.includes('<tool_call>'));
  assert.equal(tokenizer.bytes(tokenizer.size).length, 0);
  assert.equal(tokenizer.bytes(-1).length, 0);
});

test('names of added tokens are text where they are not wanted', () => {
  const tokenizer = tokenizerOf('qwen');
  const text = '<tool_call>x<|im_end|>';
  const names = (ids: number[]): string[] =>
    ids.map((id) => tokenizer.specialText(id)).filter((piece) => /^<.*>$/.test(piece));
  assert.deepEqual(names(tokenizer.encode(text, everything)), ['<tool_call>', '<|im_end|>']);
  assert.deepEqual(names(tokenizer.encode(text, { ...nothing, added: true })), ['<tool_call>']);
  assert.deepEqual(names(tokenizer.encode(text, { ...everything, added: false })), ['<|im_end|>']);
  assert.deepEqual(names(tokenizer.encode(text, nothing)), []);
});

test('a name that is also a piece of the vocabulary stays text, however often it comes', () => {
  const tokenizer = tokenizerOf('xlm-roberta');
  const ids = tokenizer.encode('</s>'.repeat(2000), nothing);
  assert.ok(!ids.some((id) => tokenizer.specialText(id) === '</s>'));
});

test('no space is put before a text that continues another one', () => {
  for (const name of ['llama 2', 'mistral', 'metaspace', 'roberta', 'xlm-roberta']) {
    const tokenizer = tokenizerOf(name);
    const [begins, continues] = [false, true].map((on) => tokenizer.encode('test', { ...everything, continues: on }));
    assert.ok(begins && continues);
    assert.equal(textOf(tokenizer, begins), ' test', name);
    assert.equal(textOf(tokenizer, continues), 'test', name);
    assert.equal(textOf(tokenizer, tokenizer.encode(' test', { ...everything, continues: true })), ' test', name);
  }
});

test('a prompt begins with BOS where the post-processor puts one, unless the config says no', () => {
  assert.equal(tokenizerOf('llama 2').special.bos, 1);
  assert.equal(tokenizerOf('gpt 2').special.bos, undefined);
  const says = (add_bos_token: boolean): FolderFiles => ({
    'tokenizer_config.json': { add_bos_token, bos_token: { content: '<|begin_of_text|>' }, eos_token: '<|im_end|>' },
  });
  assert.equal(tokenizerOf('llama 2', {}, says(false)).special.bos, undefined);
  const llama3 = tokenizerOf('llama 3', {}, says(true));
  assert.equal(llama3.specialText(llama3.special.bos ?? -1), '<|begin_of_text|>');
  assert.equal(llama3.special.bosText, '<|begin_of_text|>');
  assert.equal(llama3.special.eosText, '<|im_end|>');
});

const vocabulary = (...names: string[]): object => ({
  ...fourWords,
  added_tokens: names.map((content, index) => ({ id: 3 + index, content, special: true, normalized: false })),
  model: { ...fourWords.model, vocab: { a: 0, b: 1, c: 2 } },
});
const roles = (names: string[], config: object = {}, files: FolderFiles = {}): Tokenizer['special'] =>
  createOnnxTokenizer(open(vocabulary(...names), config, files)).special;

test('a generation ends at what the configs name, and at the turn ends of known families', () => {
  const files = { 'generation_config.json': { eos_token_id: [0, 1] }, 'tokenizer_config.json': { eos_token: 'END' } };
  const { eog } = roles(['END', '<|im_end|>', '<|im_start|>', '<end_of_turn>'], { eos_token_id: 2 }, files);
  assert.deepEqual(eog, new Set([0, 1, 2, 3, 4, 6]));
  assert.deepEqual(roles(['<|end|>', '<|return|>', '<|call|>']).eog, new Set([4, 5]));
  assert.deepEqual(roles(['<|end|>']).eog, new Set([3]));
});

test('the marks of fill-in-the-middle are found by their names, and end a generation where they begin a file', () => {
  const names = ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>', '<|repo_name|>', '<|file_sep|>', '<|fim_pad|>'];
  const { infill, eog } = roles(names);
  assert.deepEqual(infill, { prefix: 3, suffix: 4, middle: 5, project: 6, file: 7 });
  assert.deepEqual(eog, new Set([6, 7, 8]));
  assert.equal(roles(['<fim_prefix>', '<fim_suffix>']).infill, undefined);
});

test('a table with padded rows is taken, and added tokens without a row are no tokens', () => {
  const taken = createOnnxTokenizer(open(fourWords, { vocab_size: 8 }));
  assert.equal(taken.size, 4);
  const short = createOnnxTokenizer(open(fourWords, { vocab_size: 3 }));
  assert.equal(short.size, 3);
  assert.deepEqual(short.specialTexts, []);
  assert.ok(!short.encode('a </s>', everything).includes(3));
});

test('a tokenizer of another model, or of a kind that nobody knows, is refused', () => {
  const refused = (tokenizer: object, config: object, pattern: RegExp): void =>
    assert.throws(
      () => createOnnxTokenizer(open(tokenizer, config)),
      (error) => error instanceof InferenceError && error.code === 'model_failed' && pattern.test(error.message),
    );
  refused(fourWords, { vocab_size: 2 }, /tokenizer\.json has 4 tokens, but the model's config\.json says 2; put/);
  refused(fourWords, { vocab_size: 49_152 }, /tokenizer\.json has 4 tokens, but .* says 49152/);
  refused(fourWords, { vocab_size: 4, eos_token_id: 17 }, /tokenizer\.json has 4 tokens/);
  refused(
    { ...fourWords, pre_tokenizer: { type: 'New' } },
    {},
    /no tokenizer that is known here \(Unknown PreTokenizer/,
  );
  refused({ ...fourWords, post_processor: { type: 'BertProcessing' } }, {}, /no tokenizer that is known here/);
  refused({ ...fourWords, model: { type: 'BPE', vocab: { a: 0 } } }, {}, /no tokenizer that is known here/);
});
