import { basename, dirname } from 'node:path/posix';
import { graphNames, type Dtype } from '../contract/dtype.ts';
import type { RepoFile } from './hub.ts';

/** The one that is there and comes first is taken where nobody says which. */
const preference: readonly Dtype[] = ['q4', 'q8', 'int8', 'uint8', 'bnb4', 'fp32', 'q4f16', 'fp16'];

/** An ONNX model of a repository, in one of its types. */
export interface OnnxModel {
  type: Dtype;
  /** The graph with its external data, and the configuration and tokenizer beside it. */
  files: readonly RepoFile[];
  bytes: number;
}

/** The ONNX models of a repository in the layout of transformers.js: graphs in onnx/ or at the top, JSON files beside. */
export function onnxModels(files: readonly RepoFile[]): OnnxModel[] {
  const folder = files.some(({ path }) => /^onnx\/[^/]+\.onnx$/.test(path)) ? 'onnx' : '.';
  const there = new Map(
    files.filter(({ path }) => dirname(path) === folder).map((file) => [basename(file.path), file]),
  );
  const settings = files.filter(({ path, bytes }) => isSetting(path) && bytes <= MOST_SETTING_BYTES);
  if (!settings.some(({ path }) => path === 'config.json')) return [];
  const found: OnnxModel[] = [];
  for (const type of preference) {
    const graph = graphNames(type).find((name) => there.has(name));
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
