import { InferenceError } from '../../../contract/errors.ts';
import { modulesSchema, poolingSchema } from './config-schemas.ts';
import { readJsonFile } from './json-file.ts';

/** How the vectors of an input's tokens become one: their mean, the first one's, or the last one's. */
export type Pooling = 'mean' | 'cls' | 'last';

export interface SentenceModules {
  pooling: Pooling | undefined;
  /** Modules that change the pooled vector (`Dense`): right vectors need them inside the ONNX graph. */
  later: readonly string[];
}

/**
 * What the files of sentence-transformers (modules.json, 1_Pooling/config.json) say of a text's vector. Its normalising
 * module makes no difference: vectors always get the length 1 here.
 * @returns undefined where there are none
 * @throws InferenceError model_failed for damaged files, unsupported for another way of pooling
 */
export function readSentenceModules(folder: string): SentenceModules | undefined {
  const modules = readJsonFile(folder, 'modules.json', modulesSchema);
  const path = modules?.find(({ type }) => type.endsWith('.Pooling'))?.path ?? '1_Pooling';
  const config = readJsonFile(folder, `${path}/config.json`, poolingSchema);
  if (modules === undefined && config === undefined) return undefined;
  const later = (modules ?? [])
    .map(({ type }) => type.split('.').at(-1) ?? type)
    .filter((type) => !['Transformer', 'Pooling', 'Normalize'].includes(type));
  return { pooling: config && poolingOf(folder, config), later };
}

function poolingOf(folder: string, config: ReturnType<typeof poolingSchema.parse>): Pooling {
  const chosen = Object.entries(config).flatMap(([name, on]) =>
    on === true && name.startsWith('pooling_mode_') ? [name] : [],
  );
  const ways: Readonly<Record<string, Pooling>> = {
    pooling_mode_mean_tokens: 'mean',
    pooling_mode_cls_token: 'cls',
    pooling_mode_lasttoken: 'last',
  };
  const [only = '', second] = chosen;
  const pooling = ways[only];
  if (pooling !== undefined && second === undefined) return pooling;
  throw new InferenceError(
    'unsupported',
    `The model ${folder} pools by ${chosen.join(' and ') || 'nothing'}; served are pooling_mode_mean_tokens, pooling_mode_cls_token and pooling_mode_lasttoken, each alone. Name another folder.`,
  );
}
