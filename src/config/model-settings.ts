import { z } from 'zod';
import { dtypes } from '../contract/dtype.ts';
import { hubNames } from '../contract/hub.ts';
import { kvCacheTypes } from '../contract/memory.ts';
import { optional, setting } from './setting.ts';
import { choice, listOf, oneOf, text, toggle, whole } from './values.ts';

const group = 'Model';

const pathOrName = text('the path of a GGUF file or ONNX folder, or a name such as hf:owner/repo');

const devices = ['auto', 'cpu', 'cuda', 'metal', 'vulkan', 'coreml', 'dml', 'webgpu', 'cuda:N (N is 0, 1, …)'];

/** What is loaded, and where it computes. */
export const modelSettings = {
  model: setting({
    group,
    schema: listOf(pathOrName),
    default: [],
    defaultText: 'the embedded model',
    help: 'a GGUF file or an ONNX folder, or a name: hf:owner/repo[:quantization], modelscope:owner/name, owner/name, a URL; repeatable',
    aliases: ['model_name_or_path'],
    list: true,
    path: true,
  }),
  hub: setting({
    group,
    schema: choice(hubNames),
    default: 'hf',
    help: `where a plain owner/name is looked up: ${oneOf(hubNames)}`,
  }),
  yes: setting({
    group,
    schema: toggle(),
    default: false,
    help: 'where a named model has no GGUF or ONNX files, take the best that was converted from it without asking',
    toggle: true,
  }),
  alias: setting({
    group,
    schema: listOf(text('a name without spaces', /^\S+$/)),
    default: [],
    defaultText: 'the name of the file or folder',
    help: 'the model id that clients see; repeatable: the first is for the first model',
    list: true,
  }),
  device: setting({
    group,
    schema: text(oneOf(devices), /^(auto|cpu|cuda(:\d{1,3})?|metal|vulkan|coreml|dml|webgpu)$/),
    default: 'auto',
    help: 'auto, cpu, cuda, cuda:N; for GGUF metal or vulkan, for ONNX coreml, dml or webgpu; an unavailable device is an error',
  }),
  dtype: optional({
    group,
    schema: choice(dtypes),
    defaultText: 'by what is there',
    help: `which of an ONNX folder's weights: ${oneOf(dtypes)}`,
  }),
  contextSize: optional({
    group,
    schema: whole(32),
    defaultText: 'fits the model and memory',
    help: 'tokens of a request, prompt and completion together',
  }),
  parallel: optional({
    group,
    schema: whole(1, 256),
    defaultText: 'fits memory and cores',
    help: 'requests decoded together (slots)',
  }),
  threads: optional({
    group,
    schema: whole(1, 1024),
    defaultText: 'measured at load',
    help: 'CPU threads per step, at most the cores',
  }),
  batchSize: optional({
    group,
    schema: whole(1, 65_536),
    defaultText: "the engine's",
    help: 'tokens that one step reads at most',
  }),
  gpuLayers: setting({
    group,
    schema: z.union([choice(['auto', 'max']), whole(0, 10_000)], { error: 'auto, max or a whole number of layers' }),
    default: 'auto',
    help: 'layers put on the GPU: auto, max or a number',
  }),
  kvCacheType: setting({
    group,
    schema: choice(kvCacheTypes),
    default: 'f16',
    help: `what keys and values of the context are stored in: ${oneOf(kvCacheTypes)}; fewer bits take less memory`,
  }),
  chatTemplate: optional({
    group,
    schema: text('the path of a Jinja file or the name of a chat template'),
    defaultText: "the model's own",
    help: 'how conversations become prompts: a Jinja file, or a name such as chatml or llama3',
    path: /[./\\]/,
  }),
  lora: setting({
    group,
    schema: listOf(text('a LoRA adapter, FILE or FILE=SCALE', /^(?!.*=\s*$)\s*\S/)),
    default: [],
    defaultText: 'none',
    help: 'a LoRA adapter in GGUF that is added to the model, FILE or FILE=SCALE; repeatable',
    list: true,
    path: true,
  }),
  flashAttention: setting({
    group,
    schema: choice(['auto', 'on', 'off']),
    default: 'auto',
    help: 'auto, on or off; a quantized KV cache needs it',
  }),
};

/** Names that mean nothing where a server is asked. */
export const modelFlagNames = Object.keys(modelSettings) as (keyof typeof modelSettings)[];
