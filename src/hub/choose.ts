import { InferenceError } from '../contract/errors.ts';
import { inBytes } from '../contract/memory.ts';
import { ggufId, ggufModels, isCompanion, type GgufModel } from './gguf-files.ts';
import type { RepoFile } from './hub.ts';
import { onnxModels, type OnnxModel } from './onnx-files.ts';

/** What a name asks for. */
export interface Wish {
  /** For messages: `hf:owner/repo`. */
  name: string;
  quantization: string | undefined;
  file: string | undefined;
  /** Bytes that a model may take. */
  memory: number;
}

/** The files to fetch. */
export interface Choice {
  format: 'gguf' | 'onnx';
  quantization: string | undefined;
  files: readonly RepoFile[];
  bytes: number;
  /** What clients call a GGUF model; an ONNX model is called as its repository. */
  id: string | undefined;
  /** Sentences about what was left out or is unusual. */
  notes: readonly string[];
}

/**
 * What is taken where nobody says which, the better first: about four bits and a half lose little and halve memory and
 * time against eight. Those beyond the list come last, the smaller first.
 */
const preference = `
  Q4_K_M UD-Q4_K_XL Q5_K_M Q4_K_S Q4_K_L Q5_K_S Q6_K MXFP4 MXFP4_MOE IQ4_NL IQ4_XS Q4_1 Q4_0 Q5_1 Q5_0 Q8_0
  Q3_K_L Q3_K_M IQ3_M Q3_K_S IQ3_S IQ3_XS IQ3_XXS Q2_K IQ2_M IQ2_S IQ2_XS IQ2_XXS IQ1_M IQ1_S BF16 F16 F32`
  .trim()
  .split(/\s+/);

/** Up to this size eight bits are preferred: small models lose most by fewer, and are fast anyway. */
const SMALL = 10 ** 9;
/** Of the memory that is free, the rest is for context and others. */
const SHARE = 0.8;

/**
 * Chooses the model's files: what the name asks for, else the best quantization that fits the memory.
 * @returns undefined where there is neither a GGUF nor an ONNX model
 * @throws InferenceError model_not_found for a quantization or a file that is not there, with those that are
 */
export function chooseFiles(files: readonly RepoFile[], wish: Wish): Choice | undefined {
  const ggufs = ggufModels(files);
  const onnx = onnxModels(files);
  if (wish.file !== undefined) return byFile(files, ggufs, onnx, wish);
  if (ggufs.length === 0 && onnx.length === 0) return undefined;
  const notes = files.filter(({ path }) => isCompanion(path) && /\.gguf$/i.test(path)).map(companionNote);
  if (wish.quantization !== undefined) return byQuantization(ggufs, onnx, wish, wish.quantization, notes.slice(0, 1));
  const whole = ggufs.filter(({ missing }) => missing === 0);
  if (whole.length > 0) return byMemory(whole, wish, notes.slice(0, 1));
  const [first] = onnx;
  if (first !== undefined) return fromOnnx(first, []);
  throw incomplete(ggufs[0], wish);
}

function companionNote({ path }: RepoFile): string {
  return `${path} is not needed for text and is left out.`;
}

function byFile(files: readonly RepoFile[], ggufs: GgufModel[], onnx: OnnxModel[], wish: Wish): Choice {
  const { file = '', name } = wish;
  const gguf = ggufs.find((model) => model.files.some(({ path }) => path === file));
  if (gguf !== undefined) {
    if (gguf.missing > 0) throw incomplete(gguf, wish);
    return fromGguf(gguf, []);
  }
  const model = onnx.find((other) => other.files.some(({ path }) => path === file && path.endsWith('.onnx')));
  if (model !== undefined) return fromOnnx(model, []);
  if (files.some(({ path }) => path === file)) {
    const why = isCompanion(file) ? 'a part of a model for images' : 'neither a GGUF nor an ONNX model';
    throw notThere(`${file} of ${name} is ${why}`, ggufs, onnx);
  }
  throw notThere(`${name} has no file ${file}`, ggufs, onnx);
}

function byQuantization(ggufs: GgufModel[], onnx: OnnxModel[], wish: Wish, asked: string, notes: string[]): Choice {
  const upper = asked.toUpperCase().replace(/^FP(16|32)$/, 'F$1');
  const exact = ggufs.filter(({ quantization }) => quantization === upper);
  const matching = exact.length > 0 ? exact : ggufs.filter(({ quantization }) => quantization === `UD-${upper}`);
  const whole = matching.filter(({ missing }) => missing === 0);
  if (whole.length === 1 && whole[0] !== undefined) return fromGguf(whole[0], notes);
  if (whole.length > 1) throw ambiguous(whole, wish);
  if (matching.length > 0) throw incomplete(matching[0], wish);
  const model = onnx.find(({ type }) => type === asked.toLowerCase());
  if (model !== undefined) return fromOnnx(model, []);
  throw notThere(`${wish.name} has no quantization ${asked}`, ggufs, onnx);
}

function byMemory(ggufs: GgufModel[], wish: Wish, notes: string[]): Choice {
  const small = ggufs.find(({ quantization, bytes }) => quantization === 'Q8_0' && bytes <= SMALL);
  const order = (model: GgufModel): number => {
    if (small !== undefined && model.quantization === 'Q8_0') return -1;
    const index = preference.indexOf(model.quantization ?? '');
    return index === -1 ? preference.length : index;
  };
  const ranked = ggufs.toSorted((a, b) => order(a) - order(b) || a.bytes - b.bytes);
  const limit = wish.memory * SHARE;
  const fitting = ranked.find(({ bytes }) => bytes <= limit);
  const chosen = fitting ?? ggufs.toSorted((a, b) => a.bytes - b.bytes)[0];
  if (chosen === undefined) throw notThere(`${wish.name} has no GGUF model`, [], []);
  const rivals = ggufs.filter(({ quantization }) => quantization === chosen.quantization);
  if (rivals.length > 1) throw ambiguous(rivals, wish);
  if (fitting !== undefined) return fromGguf(chosen, notes);
  const tight = `${ggufId(chosen.files[0]?.path ?? '')} is the smallest of ${wish.name}, but its ${inBytes(chosen.bytes)} may not fit beside its context into the ${inBytes(wish.memory)} that are free.`;
  return fromGguf(chosen, [...notes, tight]);
}

function fromGguf({ quantization, files, bytes }: GgufModel, notes: readonly string[]): Choice {
  return { format: 'gguf', quantization, files, bytes, id: ggufId(files[0]?.path ?? ''), notes };
}

function fromOnnx({ type, files, bytes }: OnnxModel, notes: readonly string[]): Choice {
  return { format: 'onnx', quantization: type, files, bytes, id: undefined, notes };
}

function notThere(what: string, ggufs: readonly GgufModel[], onnx: readonly OnnxModel[]): InferenceError {
  const named = ggufs.map(({ quantization, files }) => quantization ?? files[0]?.path ?? '');
  const there = [...new Set([...named, ...onnx.map(({ type }) => type)])];
  const list =
    there.length === 0 ? 'it holds no model that can be loaded' : `there are ${there.slice(0, 30).join(', ')}`;
  return new InferenceError('model_not_found', `${what}; ${list}.`, { param: 'model' });
}

function ambiguous(models: readonly GgufModel[], { name }: Wish): InferenceError {
  const paths = models.slice(0, 8).map(({ files }) => `${name}/${files[0]?.path ?? ''}`);
  const more = models.length > paths.length ? ', …' : '';
  return new InferenceError(
    'invalid_request',
    `${name} holds several models; name one of their files: ${paths.join(', ')}${more}.`,
    { param: 'model' },
  );
}

function incomplete(model: GgufModel | undefined, { name }: Wish): InferenceError {
  return new InferenceError(
    'model_not_found',
    `${model?.files[0]?.path ?? 'The model'} of ${name} is split, and ${model?.missing ?? 0} of its parts are not there; name another quantization.`,
    { param: 'model' },
  );
}
