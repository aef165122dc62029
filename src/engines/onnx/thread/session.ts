import { dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { binding, type Binding } from 'onnxruntime-node/dist/binding.js';
import { DATA_TYPE } from '../proto/onnx-proto.ts';

/** A tensor in memory of ours, in row-major order. */
export interface Tensor {
  readonly type: TensorType;
  /** As many elements as the product of `dims`. */
  readonly data: TensorData;
  readonly dims: readonly number[];
}
export type TensorType = keyof typeof DATA_TYPE;
/** Half floats are their 16 bits: Node 20 has no array for them. */
export type TensorData = Float32Array | Uint16Array | BigInt64Array | Uint8Array;
export type Tensors = Readonly<Record<string, Tensor>>;

/** An input or output of a graph. */
export interface Port {
  name: string;
  /** Undefined for a type that no graph of ours has. */
  type: TensorType | undefined;
  /** A size, or the name of a dimension that may have any. */
  shape: readonly (number | string)[];
}

export interface SessionOptions {
  threads: number;
  /** Onnxruntime-node's execution providers in the order of preference, `cpu` last. */
  providers: readonly (string | { name: string; deviceId: number })[];
}

const types: ReadonlyMap<number, TensorType> = new Map(
  Object.entries(DATA_TYPE).map(([name, number]) => [number, name as TensorType]),
);

/** ONNX Runtime's level for nothing at all: a run that fails would print its inputs, so the prompt, to stderr. */
const SILENT = 4 as const;

/** Thrown by the constructor that the binding calls for its first copy of an output. */
const FILLED = new Error('the outputs are filled');

/** What the binding makes of an output. */
class Output implements Tensor {
  static copies = true;
  readonly type: TensorType;
  readonly data: TensorData;
  readonly dims: readonly number[];

  constructor(type: TensorType, data: TensorData, dims: readonly number[]) {
    if (!Output.copies) throw FILLED;
    this.type = type;
    this.data = data;
    this.dims = dims;
  }
}

let initialized = false;

/**
 * A loaded ONNX graph. Everything here is synchronous: it belongs into a worker thread.
 *
 * It stands on the binding below onnxruntime-node's own classes (the package is pinned exactly). These copy every output of a
 * run into new memory, also those that were given memory: with 8 rows of 2,048 positions of keys and values a step of SmolLM2
 * takes 297 ms instead of 35. The copies are made one by one after the run, each handed to a constructor; one that throws ends
 * them, when all that was asked for is written already.
 */
export class Session {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  private readonly native: Binding.InferenceSession;

  /**
   * @param path of the .onnx file
   * @param graph what to load in place of the file's own bytes
   * @throws Error in ONNX Runtime's words where it is no graph that can be run here
   */
  constructor(path: string, { threads, providers }: SessionOptions, graph?: Uint8Array) {
    if (!initialized) binding.initOrtOnce(SILENT, Output as never, isMainThread);
    initialized = true;
    this.native = new binding.InferenceSession();
    const options = {
      executionProviders: [...providers],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: SILENT,
      extra: {
        session: {
          // A run joins its threads hundreds of times. Those that sleep at once make it a third slower, those that spin for long take
          // the cores from the event loop and from other models (docs/benchmarks.md).
          intra_op: { spin_duration_us: '50' },
          force_spinning_stop: '1',
          // Weights in files of their own are found beside the graph's, also where that came from memory.
          ...(graph && { model_external_initializers_file_folder_path: dirname(path) }),
        },
      },
    };
    if (graph === undefined) this.native.loadModel(path, options);
    else this.native.loadModel(graph.buffer as ArrayBuffer, graph.byteOffset, graph.byteLength, options);
    this.inputs = this.native.inputMetadata.map(portOf);
    this.outputs = this.native.outputMetadata.map(portOf);
  }

  /**
   * Runs the graph and writes outputs into memory that the caller gives.
   * @param into at least one; the shapes must be those that come out. An output may be the same memory as an input where the
   * graph's operator allows it (GroupQueryAttention's keys and values)
   * @throws Error in ONNX Runtime's words
   */
  run(feeds: Tensors, into: Tensors): void {
    Output.copies = false;
    try {
      this.native.run(native(feeds), native(into), { logSeverityLevel: SILENT });
    } catch (error) {
      if (error !== FILLED) throw error;
      return;
    } finally {
      Output.copies = true;
    }
    throw new Error('onnxruntime-node no longer makes its outputs as it did in the release that this was written for.');
  }

  /** Runs the graph. @returns the outputs of these names, in memory of their own. @throws Error in ONNX Runtime's words */
  compute(feeds: Tensors, names: readonly string[]): Tensors {
    const fetches = Object.fromEntries(names.map((name) => [name, null]));
    return this.native.run(native(feeds), fetches, { logSeverityLevel: SILENT }) as unknown as Tensors;
  }

  dispose(): void {
    this.native.dispose();
  }
}

/** The devices that this installation's ONNX Runtime names: `cpu`, `cuda`, …; bundled ones need no further files. */
export function listBackends(): { name: string; bundled: boolean }[] {
  return binding.listSupportedBackends();
}

function native(tensors: Tensors): never {
  const named = Object.entries(tensors).map(([name, { type, data, dims }]) => [
    name,
    { type, data, dims, location: 'cpu' },
  ]);
  return Object.fromEntries(named) as never;
}

function portOf({ name, isTensor, type, shape, symbolicDimensions }: Binding.ValueMetadata): Port {
  const dims = isTensor ? shape.map((size, at) => (size === -1 ? (symbolicDimensions[at] ?? '') : size)) : [];
  return { name, type: isTensor ? types.get(type) : undefined, shape: dims };
}
