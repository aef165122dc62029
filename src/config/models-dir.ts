import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from './reason.ts';
import { UsageError } from './usage-error.ts';

/**
 * The models in a folder, by name: GGUF files (of a split one the first part; projectors of images are none), folders with an
 * ONNX model, and GGUF files one folder further down.
 * @returns absolute paths where `folder` is one
 * @throws UsageError for a folder that cannot be read or has no models
 */
export function modelsIn(folder: string): string[] {
  const found = entriesOf(folder).flatMap((name) => {
    const path = join(folder, name);
    if (!isFolder(path)) return isGguf(name) ? [path] : [];
    if (isOnnxFolder(path)) return [path];
    return entriesOf(path)
      .filter(isGguf)
      .map((file) => join(path, file));
  });
  if (found.length === 0)
    throw new UsageError(`--models-dir ${folder} has no GGUF files and no ONNX folders; name another.`);
  return found;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch (error) {
    throw new UsageError(`--models-dir ${folder} cannot be read: ${reasonOf(error)}.`, { cause: error });
  }
}

function isGguf(name: string): boolean {
  const part = /-(\d{5})-of-\d{5}\.gguf$/i.exec(name)?.[1];
  return /\.gguf$/i.test(name) && !/^mmproj/i.test(name) && (part === undefined || part === '00001');
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** In the layout of Transformers.js, or with the file beside its config. */
function isOnnxFolder(path: string): boolean {
  if (!existsSync(join(path, 'config.json'))) return false;
  return isFolder(join(path, 'onnx')) || entriesOf(path).some((name) => /\.onnx$/i.test(name));
}
