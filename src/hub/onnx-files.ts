import { basename, dirname } from 'node:path/posix';
import type { RepoFile } from './hub.ts';

/** What the weights are stored in, by the end of the file's name, as transformers.js names them; the first that is there is taken. */
export const onnxTypes = {
  q4: '_q4',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  bnb4: '_bnb4',
  fp32: '',
  q4f16: '_q4f16',
  fp16: '_fp16',
} as const;
export type OnnxType = keyof typeof onnxTypes;

/** An ONNX model of a repository, in one of its types. */
export interface OnnxModel {
  type: OnnxType;
  /** The graph with its external data, and the configuration and tokenizer beside it. */
  files: readonly RepoFile[];
  bytes: number;
}

/** Graphs that generate text or make vectors of it; the second is how older exports are called. */
const graphs = ['model', 'decoder_model_merged'];

/** The ONNX models of a repository in the layout of transformers.js: graphs in onnx/ or at the top, JSON files beside. */
export function onnxModels(files: readonly RepoFile[]): OnnxModel[] {
  const folder = files.some(({ path }) => /^onnx\/[^/]+\.onnx$/.test(path)) ? 'onnx' : '.';
  const there = new Map(
    files.filter(({ path }) => dirname(path) === folder).map((file) => [basename(file.path), file]),
  );
  const settings = files.filter(({ path, bytes }) => isSetting(path) && bytes <= MOST_SETTING_BYTES);
  if (!settings.some(({ path }) => path === 'config.json')) return [];
  const found: OnnxModel[] = [];
  for (const [type, ending] of Object.entries(onnxTypes) as [OnnxType, string][]) {
    const graph = graphs.map((name) => `${name}${ending}.onnx`).find((name) => there.has(name));
    if (graph === undefined) continue;
    const data = [...there].filter(([name]) => name === graph || isDataOf(name, graph)).map(([, file]) => file);
    const all = [...data, ...settings];
    found.push({ type, files: all, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) });
  }
  return found;
}

const MOST_SETTING_BYTES = 256 * 2 ** 20;

/** Weights outside of the graph: `model_q4.onnx_data`, `model_q4.onnx_data_1`, `model_q4.onnx.data`. */
function isDataOf(name: string, graph: string): boolean {
  return name.startsWith(graph) && /^[._]data(_\d+)?$/.test(name.slice(graph.length));
}

/** What a tokenizer, a chat template and a pooling layer are read from. */
function isSetting(path: string): boolean {
  if (/^[^/]+\.(json|jinja)$/.test(path)) return !path.endsWith('.index.json');
  return /^(vocab|merges)\.txt$/.test(path) || /^\d+_[A-Z]\w+\/config\.json$/.test(path);
}
