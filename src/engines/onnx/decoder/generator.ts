import { InferenceError } from '../../../contract/errors.ts';
import type { Tokenizer } from '../../../contract/tokens.ts';
import { checkContextSize } from '../../context-size.ts';
import { controlTokens } from '../../control-tokens.ts';
import type { GeneratorEngine, LoadOptions } from '../../engine.ts';
import type { DecoderCalls, DecoderData, DecoderInfo } from './decoder-worker.ts';
import type { OnnxFolder } from '../folder/folder.ts';
import { checkGrammar } from '../sampling/grammar-hold.ts';
import { wantedVersions } from '../installed.ts';
import type { Placement } from '../placement.ts';
import { RemoteStepper } from './remote-stepper.ts';
import { SLOTS, trainedContextOf } from './sizes.ts';
import type { SamplingVocabulary } from '../sampling/sampling-model.ts';
import { createOnnxTokenizer } from '../tokenizer/tokenizer.ts';
import { WorkerClient } from '../thread/worker-client.ts';
import { workerFile } from '../thread/worker-file.ts';

/**
 * Makes a folder's decoder ready to generate, in a thread of its own.
 * @throws InferenceError insufficient_memory, invalid_request for a context that it was not trained on, model_failed
 */
export async function createOnnxGenerator(
  folder: OnnxFolder,
  placement: Placement,
  options: LoadOptions,
): Promise<GeneratorEngine> {
  const tokenizer = createOnnxTokenizer(folder);
  const trainedContext = trainedContextOf(folder, options.contextSize);
  checkContextSize(options.contextSize, trainedContext);
  const { client, info, device } = await startDecoder(
    {
      folder: folder.path,
      file: folder.modelFile,
      dtype: folder.dtype,
      weightBytes: folder.modelBytes,
      session: placement.session,
      vocabulary: samplingVocabulary(tokenizer),
      contextSize: options.contextSize,
      slots: options.slots,
      batchSize: options.batchSize,
      trainedContext,
      wantedSlots: SLOTS,
    },
    placement.device,
    options.onLog,
  );
  try {
    checkVocabulary(folder, tokenizer, info);
  } catch (error) {
    await client.dispose();
    throw error;
  }
  return {
    task: 'generate',
    format: 'onnx',
    stepper: new RemoteStepper(client, info, { turns: placement.turns, threads: placement.session.threads }),
    tokenizer,
    checkGrammar,
    chatTemplate: folder.chatTemplate,
    device,
    weights: [folder.modelFile, ...folder.externalFiles],
    // What cannot be planned cannot be saved either.
    states: info.memory && {
      engine: `onnxruntime-node ${wantedVersions()['onnxruntime-node']}`,
      state: `${info.cacheType} ${folder.dtype}`,
    },
    memory: info.memory,
  };
}

type DecoderClient = WorkerClient<DecoderInfo, DecoderCalls>;

/**
 * Starts the thread of a decoder: of the loop, or of `generate()` where the loop does not know the graph.
 * @returns with the device in words, which say so
 */
async function startDecoder(
  data: DecoderData,
  device: string,
  onLog: LoadOptions['onLog'],
): Promise<{ client: DecoderClient; info: DecoderInfo; device: string }> {
  try {
    return { ...(await startThread('./decoder-worker', data, onLog)), device };
  } catch (error) {
    if (!(error instanceof InferenceError && error.code === 'unsupported')) throw error;
    const words = `${device}; one request at a time by Transformers.js' generate(), since ${error.message}`;
    return { ...(await startThread('./stock-worker', data, onLog)), device: words };
  }
}

async function startThread(
  name: string,
  wish: DecoderData,
  onLog: LoadOptions['onLog'],
): Promise<{ client: DecoderClient; info: DecoderInfo }> {
  let data = wish;
  const client: DecoderClient = new WorkerClient(workerFile(name, import.meta.url), () => data, onLog);
  try {
    const info = await client.info();
    // A thread that takes over has to be like the first one.
    data = { ...wish, contextSize: info.contextSize, slots: info.slots };
    return { client, info };
  } catch (error) {
    await client.dispose();
    throw error;
  }
}

/** @throws InferenceError where the tokenizer has tokens that the graph has no row for */
function checkVocabulary(folder: OnnxFolder, { size }: Tokenizer, { vocabularySize }: DecoderInfo): void {
  if (size <= vocabularySize) return;
  throw new InferenceError(
    'model_failed',
    `${folder.path}/tokenizer.json has ${size} tokens, but ${folder.modelFile} gives logits for ${vocabularySize}; put the tokenizer there that the model was trained with.`,
  );
}

/** What samplers have to know of a model's tokens, for their thread. */
function samplingVocabulary(tokenizer: Tokenizer): SamplingVocabulary {
  const pieces = Array.from({ length: tokenizer.size }, (_, id) => tokenizer.bytes(id));
  const offsets = new Uint32Array(tokenizer.size + 1);
  pieces.forEach(({ length }, id) => (offsets[id + 1] = (offsets[id] ?? 0) + length));
  return {
    size: tokenizer.size,
    endTokens: tokenizer.special.eog,
    controlTokens: controlTokens(tokenizer),
    bytes: Uint8Array.from(Buffer.concat(pieces)),
    offsets,
  };
}
