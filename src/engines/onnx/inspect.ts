import { z } from 'zod';
import { planShared, type Inspection, type InspectOptions } from '../inspection.ts';
import { SLOTS, trainedContextOf } from './decoder/sizes.ts';
import { chooseDevice, installedRuntime } from './devices.ts';
import { readOnnxFolder } from './folder/folder.ts';

/** The runtime unpacks quantized weights into what its kernels read (4 bits: measured on SmolLM2-135M, 5.6 times the file). */
const UNPACKED = 6;
/** Keys and values exist up to three times: in the slots, and gathered before and after a run. */
const COPIES = 3;

/** What config.json says of a decoder's size, under its usual names; n_… are those of GPT-2. */
const sizes = z.looseObject({
  num_hidden_layers: z.int().optional(),
  n_layer: z.int().optional(),
  num_attention_heads: z.int().optional(),
  n_head: z.int().optional(),
  num_key_value_heads: z.int().optional(),
  hidden_size: z.int().optional(),
  n_embd: z.int().optional(),
  head_dim: z.int().nullish(),
});

/**
 * Reads an ONNX model's folder: its weights, and what contexts would take where its config.json tells the size of its heads.
 * @throws InferenceError model_failed, unsupported, invalid_request (device, dtype)
 */
export async function inspectOnnx(options: InspectOptions): Promise<Inspection> {
  const device = chooseDevice(options.device, await installedRuntime());
  const folder = readOnnxFolder(options.path, { dtype: options.dtype, gpu: device.gpu });
  const { task, modelBytes: weights, config, vocabularySize = 0 } = folder;
  const perToken = bytesPerToken(config);
  if (task !== 'generate' || device.gpu || perToken === undefined) return { task, bytes: weights };
  const known = {
    trainedContext: trainedContextOf(folder, options.contextSize),
    wantedSlots: SLOTS,
    weights,
    mostWeights: UNPACKED * weights,
  };
  const logits = vocabularySize * 4;
  const plan = await planShared(options, known, async (contextSize, slots) => {
    return contextSize * slots * perToken * COPIES + (slots + (options.batchSize ?? 1)) * logits;
  });
  return { task, ...plan };
}

/** Bytes of a token's keys and values over all layers, as 32 bit floats; undefined where the config does not tell. */
function bytesPerToken(config: object): number | undefined {
  const told = sizes.safeParse(config).data;
  const layers = told?.num_hidden_layers ?? told?.n_layer;
  const heads = told?.num_attention_heads ?? told?.n_head;
  const width = told?.hidden_size ?? told?.n_embd;
  if (layers === undefined || heads === undefined || width === undefined) return undefined;
  return layers * (told?.num_key_value_heads ?? heads) * (told?.head_dim ?? width / heads) * 2 * 4;
}
