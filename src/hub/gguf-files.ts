import { basename } from 'node:path/posix';
import { parseGgufShardFilename } from '@huggingface/gguf';
import type { RepoFile } from './hub.ts';

/** A GGUF model of a repository: one file, or the parts of one that was split. */
export interface GgufModel {
  /** `Q4_K_M`, in upper case; undefined where the file's name says none. */
  quantization: string | undefined;
  /** The name without quantization, part and ending: what tells two models of one repository apart. */
  stem: string;
  /** In the order of the parts; the first is the one to load. */
  files: readonly RepoFile[];
  bytes: number;
  /** How many parts are not there. */
  missing: number;
}

/** Quantizations as llama.cpp and those who publish with it write them into file names. */
const label =
  /(?<=^|[-._/])((?:UD-)?(?:(?:I?Q[1-8]|TQ[12])_(?:K(?:_(?:XXS|XS|XXL|XL|S|M|L))?|NL|XXS|XS|S|M|L|0|1)(?:_(?:4|8)_(?:4|8))?|BF16|F16|FP16|F32|FP32|MXFP4(?:_MOE)?|NVFP4))(?=[-._/]|$)/gi;

/** The quantization that a file's path names last: `model.Q4_K_M.gguf`, `Q8_0/model-00001-of-00002.gguf`. */
export function quantizationOf(path: string): string | undefined {
  const found = [...path.replace(/\.gguf$/i, '').matchAll(label)].at(-1)?.[1]?.toUpperCase();
  return found?.replace(/^FP(16|32)$/, 'F$1');
}

/** Projectors of vision models and importance matrices: GGUF files that are no models. */
export function isCompanion(path: string): boolean {
  return /(^|[-._])(mmproj|imatrix)([-._]|$)/i.test(basename(path));
}

/** The models among a repository's files. */
export function ggufModels(files: readonly RepoFile[]): GgufModel[] {
  const groups = new Map<string, { part: number; total: number; file: RepoFile }[]>();
  for (const file of files) {
    if (!/\.gguf$/i.test(file.path) || isCompanion(file.path)) continue;
    const split = parseGgufShardFilename(file.path);
    const key = split === null ? file.path : `${split.prefix}/of/${split.total}`;
    const part = { part: Number(split?.shard ?? 1), total: Number(split?.total ?? 1), file };
    groups.set(key, [...(groups.get(key) ?? []), part]);
  }
  return [...groups.values()].map((parts) => {
    const ordered = parts.toSorted((a, b) => a.part - b.part).map(({ file }) => file);
    const path = ordered[0]?.path ?? '';
    return {
      quantization: quantizationOf(path),
      stem: stemOf(path),
      files: ordered,
      bytes: ordered.reduce((sum, { bytes }) => sum + bytes, 0),
      missing: (parts[0]?.total ?? 1) - parts.length,
    };
  });
}

/** The model's name as clients may know it: without folder, part and ending. */
export function ggufId(path: string): string {
  const split = parseGgufShardFilename(path);
  return basename(split?.prefix ?? path.replace(/\.gguf$/i, ''));
}

function stemOf(path: string): string {
  return ggufId(path)
    .replace(label, '')
    .replace(/[-._]+/g, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase();
}
