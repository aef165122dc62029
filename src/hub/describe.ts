import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InferenceError } from '../contract/errors.ts';
import { bodyOf } from './body.ts';
import { filesBelow } from './cached.ts';
import { chooseFiles } from './choose.ts';
import type { ModelFacts } from './facts.ts';
import { context, findModel, type FindOptions, type Found } from './find.ts';
import { quantizationOf } from './gguf-files.ts';
import { ggufFacts, type HeaderSource } from './header.ts';
import { retried } from './http.ts';
import type { RepoFile } from './hub.ts';
import { isModelName, parseModelName } from './model-name.ts';
import { onnxFacts, templateIn } from './onnx-facts.ts';

/** What is known about a model without loading it. */
export interface Description extends ModelFacts {
  /** `hf:owner/repo`, or the path that was given. */
  title: string;
  format: 'gguf' | 'onnx';
  quantization: string | undefined;
  files: readonly { path: string; bytes: number }[];
  /** Of all files. */
  bytes: number;
  /** What to load; undefined where it is not on this machine yet. */
  path: string | undefined;
}

/** How the content of a model's file is got at. */
interface Reader {
  header(file: RepoFile): HeaderSource;
  text(file: RepoFile): Promise<string>;
}

/**
 * Describes a model by its name or its path. Of one that is not on this machine only the beginnings of files are fetched.
 * @throws InferenceError as `findModel`; model_failed for a damaged file
 */
export async function describeModel(text: string, options: FindOptions): Promise<Description> {
  if (!isModelName(text)) return await describePath(text, options);
  const found = await findModel(parseModelName(text, options.settings), options);
  const { place, listing, choice } = found;
  const { cache } = place;
  const sizes = await Promise.all(choice.files.map(({ path }) => cache.bytesOf(listing.commit, path)));
  const here = choice.files.every(({ bytes }, index) => sizes[index] === bytes);
  const folder = cache.snapshot(listing.commit);
  const reader = here ? localReader(folder) : remoteReader(found, options);
  const facts = await factsOf(choice.format, choice.files, reader, place.title);
  const { format, quantization, files, bytes } = choice;
  const path = format === 'onnx' ? folder : cache.file(listing.commit, files[0]?.path ?? '');
  const licence = facts.licence ?? listing.licence;
  return { ...facts, licence, title: place.title, format, quantization, files, bytes, path: here ? path : undefined };
}

async function describePath(text: string, options: FindOptions): Promise<Description> {
  const path = resolve(text);
  const found = await stat(path).catch((error: unknown) => {
    throw new InferenceError('model_not_found', `There is neither a file nor a folder ${text}.`, {
      param: 'model',
      cause: error,
    });
  });
  if (found.isFile()) {
    const facts = await ggufFacts({ path });
    const files = [{ path, bytes: found.size }];
    return {
      ...facts,
      title: text,
      format: 'gguf',
      quantization: quantizationOf(path),
      files,
      bytes: found.size,
      path,
    };
  }
  const wish = { name: text, quantization: undefined, file: undefined, memory: options.memory };
  const choice = chooseFiles(await filesBelow(path), wish);
  if (choice === undefined)
    throw new InferenceError('model_not_found', `The folder ${text} holds no GGUF or ONNX model.`, { param: 'model' });
  const { format, quantization, files, bytes } = choice;
  const facts = await factsOf(format, files, localReader(path), text);
  return { ...facts, title: text, format, quantization, files, bytes, path };
}

async function factsOf(
  format: 'gguf' | 'onnx',
  files: readonly RepoFile[],
  reader: Reader,
  title: string,
): Promise<ModelFacts> {
  if (format === 'onnx') return await onnxFolderFacts(files, reader, title);
  // The first part says everything about the model, each part of its own weights alone.
  const [first, ...rest] = files;
  if (first === undefined) throw new InferenceError('model_not_found', `${title} has no files.`, { param: 'model' });
  const facts = await ggufFacts(reader.header(first));
  const others = await Promise.all(rest.map((file) => ggufFacts(reader.header(file))));
  const parameters = [facts, ...others].reduce((sum, one) => sum + (one.parameters ?? 0), 0);
  return { ...facts, parameters };
}

async function onnxFolderFacts(files: readonly RepoFile[], reader: Reader, title: string): Promise<ModelFacts> {
  const read = async (path: string): Promise<string | undefined> => {
    const file = files.find((one) => one.path === path);
    return file === undefined ? undefined : await reader.text(file);
  };
  const template =
    (await read('chat_template.jinja')) ??
    templateIn((await read('chat_template.json')) ?? '') ??
    templateIn((await read('tokenizer_config.json')) ?? '');
  return onnxFacts((await read('config.json')) ?? '', template, title);
}

function localReader(folder: string): Reader {
  const at = (file: RepoFile): string => join(folder, ...file.path.split('/'));
  return { header: (file) => ({ path: at(file) }), text: (file) => readFile(at(file), 'utf8') };
}

/** More than any configuration has. */
const MOST_TEXT = 16 * 2 ** 20;

function remoteReader({ place, listing }: Found, options: FindOptions): Reader {
  const read = async (file: RepoFile, from: number, to: number): Promise<Uint8Array> => {
    try {
      return await retried(() => readPart({ place, listing }, file, { from, to }, options), options);
    } catch (error) {
      throw place.hub.explain(error, { file: file.path });
    }
  };
  return {
    header: (file) => ({
      name: `${file.path} of ${place.title}`,
      bytes: file.bytes,
      read: (from, to) => read(file, from, to),
    }),
    text: async (file) =>
      file.bytes === 0 ? '' : Buffer.from(await read(file, 0, Math.min(file.bytes, MOST_TEXT) - 1)).toString('utf8'),
  };
}

/** A part of a remote file; where Range is ignored, what comes before and after it is skipped. */
async function readPart(
  { place, listing }: Pick<Found, 'place' | 'listing'>,
  file: RepoFile,
  { from, to }: { from: number; to: number },
  options: FindOptions,
): Promise<Uint8Array> {
  const { response } = await place.hub.fetch(file, listing.commit, { from, to }, context(options));
  const skipped = response.status === 206 ? 0 : from;
  const pieces: Uint8Array[] = [];
  let at = 0;
  const end = skipped + to - from + 1;
  const reading = { signal: options.signal, silenceMs: options.waits.silenceMs };
  for await (const piece of bodyOf(response, place.title, reading)) {
    pieces.push(piece.subarray(Math.max(0, skipped - at), Math.max(0, end - at)));
    at += piece.length;
    if (at >= end) break;
  }
  return Buffer.concat(pieces);
}
