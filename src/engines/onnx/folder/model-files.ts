import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { dtypes, graphNames, type Dtype } from '../../../contract/dtype.ts';
import { InferenceError } from '../../../contract/errors.ts';

/** A CPU computes with fewer bits faster, for it reads less; it has no arithmetic for half precision. */
const onCpu: readonly Dtype[] = ['q4', 'q8', 'int8', 'uint8', 'fp32', 'bnb4', 'q4f16', 'fp16'];
const onGpu: readonly Dtype[] = ['q4f16', 'fp16', 'q4', 'fp32', 'bnb4', 'q8', 'int8', 'uint8'];

/** The ONNX files of a folder by their dtype, absolute; in `onnx/` or else at its top. Others are left out. */
export function modelFilesOf(folder: string): ReadonlyMap<Dtype, string> {
  const files = new Map<Dtype, string>();
  for (const place of [join(folder, 'onnx'), folder]) {
    const names = new Set(namesIn(place));
    for (const dtype of dtypes) {
      const name = graphNames(dtype).find((one) => names.has(one));
      if (name !== undefined && !files.has(dtype)) files.set(dtype, join(place, name));
    }
  }
  return files;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // A folder that is not there has no files; whoever asks says what is missing.
    return [];
  }
}

/**
 * Which of the files is served: the wished dtype; or what the model's config.json names (`transformers.js_config`), where it
 * is there; or by the device: q4, q8, int8, uint8, fp32, bnb4, q4f16, fp16 on a CPU, the half-precision ones first on a GPU.
 * @param files at least one
 * @throws InferenceError invalid_request for a wished dtype that is not there, with those that are
 */
export function chooseDtype(
  files: ReadonlyMap<Dtype, string>,
  choice: { wish: Dtype | undefined; named: string | undefined; gpu: boolean; folder: string },
): Dtype {
  const present = dtypes.filter((dtype) => files.has(dtype));
  if (choice.wish !== undefined) {
    if (files.has(choice.wish)) return choice.wish;
    throw new InferenceError(
      'invalid_request',
      `The model ${choice.folder} has no weights as ${choice.wish}; give --dtype one of those that are there: ${present.join(', ')}.`,
      { param: 'dtype' },
    );
  }
  const named = present.find((dtype) => dtype === choice.named);
  return named ?? (choice.gpu ? onGpu : onCpu).find((dtype) => files.has(dtype)) ?? 'fp32';
}
