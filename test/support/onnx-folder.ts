import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';

/** Files of a folder by their paths in it: JSON, or bytes as they are. */
export type FolderFiles = Readonly<Record<string, unknown>>;

/** A tokenizer of four words. */
export const fourWords = {
  added_tokens: [{ id: 3, content: '</s>', special: true, normalized: false }],
  normalizer: null,
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: null,
  decoder: null,
  model: { type: 'WordPiece', unk_token: 'a', continuing_subword_prefix: '##', vocab: { a: 0, b: 1, c: 2, '</s>': 3 } },
};

/** What a folder with a decoder has; each file may be replaced, or left out by undefined. */
export function decoderFolder(files: FolderFiles = {}): FolderFiles {
  return {
    'config.json': { architectures: ['LlamaForCausalLM'], vocab_size: 4, eos_token_id: 3 },
    'tokenizer.json': fourWords,
    'onnx/model.onnx': onnxFile(),
    ...files,
  };
}

const root = mkdtempSync(join(tmpdir(), 'hearth-onnx-'));
after(() => rmSync(root, { recursive: true, force: true }));

/** Writes a folder, which is gone when the tests end. @returns its path */
export function writeFolder(files: FolderFiles): string {
  const folder = mkdtempSync(join(root, 'model-'));
  for (const [name, content] of Object.entries(files)) {
    if (content === undefined) continue;
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
    );
  }
  return folder;
}

/** A ModelProto with a graph of one tensor for each place; '' keeps its weights inside, others in that file. */
export function onnxFile(places: readonly string[] = ['']): Uint8Array {
  const tensors = places.map((place) => field(5, tensor(place)));
  return Buffer.concat([varint(8), varint(8), field(7, Buffer.concat(tensors))]);
}

/** The same, with the tensor inside a branch of an If node. */
export function onnxFileWithBranch(place: string): Uint8Array {
  const branch = field(6, field(5, tensor(place)));
  return field(7, field(1, field(5, branch)));
}

function tensor(place: string): Buffer {
  if (place === '') return field(9, Buffer.alloc(1000, 0xff));
  return field(13, Buffer.concat([field(1, Buffer.from('location')), field(2, Buffer.from(place))]));
}

function field(number: number, value: Uint8Array): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(value.length), value]);
}

function varint(value: number): Buffer {
  return value < 128 ? Buffer.of(value) : Buffer.concat([Buffer.of(128 + (value % 128)), varint(value >> 7)]);
}
